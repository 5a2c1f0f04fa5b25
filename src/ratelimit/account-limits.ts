import type { ExchangeConfig, ExchangeId, ExchangeRateLimits } from '../domain/exchange';
import type { Budget, BudgetScope, Charge, DecayLimit, LimitModel, RateLimitCategory, WindowLimit } from './budget';
import type { RequestPriority } from './priority';
import type { RateCall } from './rate-limiter';
import { budgetKey, gateOf, ownerOf } from './scopes';

/** How an exchange limits one category (specification: CategoryLimit; the numbers are in ExchangeRateLimits). */
export interface CategoryLimit {
  category: RateLimitCategory;
  scope: BudgetScope;
  /** Whether cancels take from it, too: then a part of it is reserved for them. */
  servesCancels: boolean;
  /** The dearest call; 1 when left out. */
  costMax?: number;
  /** Instead of windows: a count that falls with time. */
  decay?: DecayLimit;
}

/** How an exchange limits us, as its module declares it (specification: RateLimitConfig). */
export interface RateLimitConfig {
  limits: readonly CategoryLimit[];
  criticalReservationPercent: number;
  warningThresholdPercent: number;
  burstAllowed: boolean;
  /** What the exchange documents; a registration may say otherwise. */
  documented: ExchangeRateLimits;
}

export type LimitedAccount = Pick<ExchangeConfig, 'exchangeId' | 'mode' | 'restEndpoint'> & {
  /** Absent where only public endpoints are called. */
  tenantId?: string;
  /** Absent: the documented ones. */
  rateLimits?: ExchangeRateLimits;
};

/** The owner where there is no account; no tenant can be called so. */
const NOBODY = 'no.account';
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** The budgets of one account at one exchange: what is declared, registered, and stated by the exchange itself. */
export class AccountLimits {
  private readonly budgets = new Map<string, Budget>();
  private readonly stated = new Map<RateLimitCategory, readonly WindowLimit[]>();
  readonly exchangeId: ExchangeId;
  readonly tenantId: string;
  private readonly address: string;

  constructor(
    private readonly config: RateLimitConfig,
    private readonly account: LimitedAccount,
  ) {
    this.exchangeId = account.exchangeId;
    this.tenantId = account.tenantId ?? NOBODY;
    this.address = addressOf(account);
  }

  /** Takes the exchange's own word for the limits of a category; what the registration says besides holds, too. */
  learn(category: RateLimitCategory, windows: readonly WindowLimit[]): void {
    if (windows.length === 0) return;
    this.stated.set(category, windows);
    for (const [key, budget] of this.budgets) if (budget.category === category) this.budgets.delete(key);
  }

  /** Undefined for a category that this exchange does not limit. */
  find(category: RateLimitCategory, assetId?: string): Budget | undefined {
    const limit = this.config.limits.find((candidate) => candidate.category === category);
    if (limit === undefined) return undefined;
    const instrument = limit.scope === 'INSTRUMENT' ? (assetId ?? '') : undefined;
    const owner = this.ownerOf(limit.scope);
    const key = budgetKey(owner, this.exchangeId, category, instrument);
    const known = this.budgets.get(key);
    if (known !== undefined) return known;
    const budget = this.build(limit, key, owner, instrument);
    this.budgets.set(key, budget);
    return budget;
  }

  /** All that does not depend on an instrument. */
  general(): Budget[] {
    return this.config.limits.flatMap(({ category, scope }) =>
      scope === 'INSTRUMENT' ? [] : (this.find(category) ?? []),
    );
  }

  /** A call with what it costs by category; categories that the exchange does not limit cost nothing. */
  call(
    costs: Partial<Record<RateLimitCategory, number>>,
    priority: RequestPriority,
    more: { assetId?: string; waitMsMax?: number } = {},
  ): RateCall {
    const { assetId, ...rest } = more;
    const charges: Charge[] = Object.entries(costs).flatMap(([category, cost]) => {
      const budget = this.find(category as RateLimitCategory, assetId);
      return budget === undefined ? [] : [{ budget, cost }];
    });
    const categories = charges.map(({ budget }) => gateOf(budget.owner, budget.category));
    const gates = [...new Set([...this.owners(), ...categories])];
    return { exchangeId: this.exchangeId, charges, gates, priority, ...rest };
  }

  /** The address and the account: what can be banned. */
  owners(): string[] {
    return [this.ownerOf('IP'), this.ownerOf('ACCOUNT')];
  }

  ownerOf(scope: BudgetScope): string {
    return ownerOf(scope, { tenantId: this.tenantId }, this.address);
  }

  private build(limit: CategoryLimit, key: string, owner: string, assetId: string | undefined): Budget {
    const { criticalReservationPercent, warningThresholdPercent, burstAllowed } = this.config;
    return {
      key,
      owner,
      exchangeId: this.exchangeId,
      scope: limit.scope,
      category: limit.category,
      ...(assetId !== undefined && { assetId }),
      model: this.modelOf(limit),
      criticalReservationPercent: limit.servesCancels ? criticalReservationPercent : 0,
      warningThresholdPercent,
      burstAllowed,
      costMax: limit.costMax ?? 1,
    };
  }

  private modelOf({ category, decay }: CategoryLimit): LimitModel {
    if (decay !== undefined) return { decay };
    const { documented } = this.config;
    const registered = this.account.rateLimits ?? documented;
    const stated = this.stated.get(category);
    if (stated === undefined) return { windows: windowsOf(category, registered) };
    return { windows: tightest([...stated, ...windowsOf(category, changed(registered, documented))]) };
  }
}

/**
 * A sandbox has budgets of its own, by its host; in production all of an exchange's hosts share one.
 */
function addressOf({ mode, restEndpoint }: LimitedAccount): string {
  return mode === 'PRODUCTION' ? 'ip' : `ip.${new URL(restEndpoint).host.replace(':', '-')}`;
}

type Rates = Partial<ExchangeRateLimits>;

function windowsOf(category: RateLimitCategory, rates: Rates): WindowLimit[] {
  const { ordersPerSecond, ordersPerMinute, queriesPerSecond, queriesPerMinute, wsMessagesPerSecond, weightPerMinute } =
    rates;
  switch (category) {
    case 'ORDERS':
      return [...windowOf(ordersPerSecond, SECOND_MS), ...windowOf(ordersPerMinute, MINUTE_MS)];
    case 'QUERIES':
      return [...windowOf(queriesPerSecond, SECOND_MS), ...windowOf(queriesPerMinute, MINUTE_MS)];
    case 'WEBSOCKET':
      return windowOf(wsMessagesPerSecond, SECOND_MS);
    case 'WEIGHT':
      return windowOf(weightPerMinute, MINUTE_MS);
  }
}

/** Whole calls: 0.5 a second is one in two seconds. */
function windowOf(rate: number | undefined, unitMs: number): WindowLimit[] {
  if (rate === undefined) return [];
  const limit = Math.max(1, Math.floor(rate));
  return [{ limit, windowMs: Math.ceil((unitMs * limit) / rate) }];
}

/** What a registration says otherwise than the documentation: the rest is the exchange's own to state. */
function changed(registered: ExchangeRateLimits, documented: ExchangeRateLimits): Rates {
  const entries = Object.entries(registered) as [keyof Rates, number][];
  return Object.fromEntries(entries.filter(([name, rate]) => documented[name] !== rate));
}

/** One limit for each window. */
function tightest(windows: readonly WindowLimit[]): WindowLimit[] {
  const limits = new Map<number, number>();
  for (const { limit, windowMs } of windows) limits.set(windowMs, Math.min(limit, limits.get(windowMs) ?? Infinity));
  return [...limits].map(([windowMs, limit]) => ({ windowMs, limit }));
}
