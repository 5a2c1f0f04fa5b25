import type { ExchangeId } from '../domain/exchange';
import type { Budget, RateLimitCategory } from './budget';

/** Whose budget, at which exchange. */
export interface RatePlace {
  exchangeId: ExchangeId;
  tenantId: string;
  /** For budgets of one account on one instrument. */
  assetId?: string;
}

/** No tenant can be called so: a tenant named "ip" must not share its keys with the address. */
const TENANT_NAMED_IP = 'tenant.ip';

/** The part of a key that says whose it is. */
export function ownerOf(scope: Budget['scope'], { tenantId }: Pick<RatePlace, 'tenantId'>, address: string): string {
  if (scope === 'IP') return address;
  return tenantId === 'ip' ? TENANT_NAMED_IP : tenantId;
}

/** The exchange as hash tag keeps all that one decision needs on one node of a Redis Cluster. */
export function budgetKey(
  owner: string,
  exchangeId: ExchangeId,
  category: RateLimitCategory,
  assetId: string | undefined,
): string {
  const instrument = assetId === undefined ? '' : `:${assetId}`;
  return `ratelimit:${owner}:{${exchangeId}}:${category}${instrument}`;
}

export type ControlKey = 'LEASES' | 'BANS' | 'RESERVED' | 'WAITING' | 'LOSS' | 'BUDGETS';

export function controlKey(exchangeId: ExchangeId, name: ControlKey): string {
  return `ratelimit:{${exchangeId}}:${name}`;
}

/** Where a ban is kept: on everything that an owner does, or on one category of it. */
export function gateOf(owner: string, category?: RateLimitCategory): string {
  return category === undefined ? owner : `${owner}:${category}`;
}

/** The bans that stop a call on this budget. */
export function gatesOf({ owner, category }: Pick<Budget, 'owner' | 'category'>): string[] {
  return [gateOf(owner), gateOf(owner, category)];
}
