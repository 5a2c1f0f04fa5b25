import type { ExchangeConfig, ExchangeId, ExchangeRateLimits } from '../domain/exchange';
import type { Budget, BudgetScope, Charge, LimitModel, RateLimitCategory, WindowLimit } from './budget';
import type { RequestPriority } from './priority';
import type { RateCall } from './rate-limiter';
import { budgetKey, gatesOf, ownerOf } from './scopes';

/**
 * One limit of a category (specification: CategoryLimit). A category may have several, of different scopes: a call takes
 * from each.
 */
export interface CategoryLimit {
  category: RateLimitCategory;
  scope: BudgetScope;
  /** Whether cancels take from it, too: then a part of it is reserved for them. */
  servesCancels: boolean;
  /** The dearest call; 1 when left out. */
  costMax?: number;
  /** Instead of what ExchangeRateLimits says per second and per minute. */
  model?: LimitModel;
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

  /** What a call of this category takes from; nothing where the exchange does not limit it. */
  of(category: RateLimitCategory, assetId?: string): Budget[] {
    return this.config.limits.flatMap((limit) => (limit.category === category ? [this.budget(limit, assetId)] : []));
  }

  /** All that does not depend on an instrument. */
  general(): Budget[] {
    return this.config.limits.flatMap((limit) => (limit.scope === 'INSTRUMENT' ? [] : [this.budget(limit)]));
  }

  /** A call with what it costs by category. */
  call(
    costs: Partial<Record<RateLimitCategory, number>>,
    priority: RequestPriority,
    more: { assetId?: string; waitMsMax?: number } = {},
  ): RateCall {
    const { assetId, ...rest } = more;
    const charges: Charge[] = Object.entries(costs).flatMap(([category, cost]) =>
      this.of(category as RateLimitCategory, assetId).map((budget) => ({ budget, cost })),
    );
    const gates = [...new Set([...this.owners(), ...charges.flatMap(({ budget }) => gatesOf(budget))])];
    return { exchangeId: this.exchangeId, charges, gates, priority, ...rest };
  }

  /** The address and the account: what can be banned. */
  owners(): string[] {
    return [this.ownerOf('IP'), this.ownerOf('ACCOUNT')];
  }

  ownerOf(scope: BudgetScope): string {
    return ownerOf(scope, { tenantId: this.tenantId }, this.address);
  }

  private budget(limit: CategoryLimit, assetId?: string): Budget {
    const instrument = limit.scope === 'INSTRUMENT' ? (assetId ?? '') : undefined;
    const owner = this.ownerOf(limit.scope);
    const key = budgetKey(owner, this.exchangeId, limit.category, instrument);
    const known = this.budgets.get(key);
    if (known !== undefined) return known;
    const { criticalReservationPercent, warningThresholdPercent, burstAllowed } = this.config;
    const budget: Budget = {
      key,
      owner,
      exchangeId: this.exchangeId,
      scope: limit.scope,
      category: limit.category,
      ...(instrument !== undefined && { assetId: instrument }),
      model: this.modelOf(limit),
      criticalReservationPercent: limit.servesCancels ? criticalReservationPercent : 0,
      warningThresholdPercent,
      burstAllowed,
      costMax: limit.costMax ?? 1,
    };
    this.budgets.set(key, budget);
    return budget;
  }

  private modelOf({ category, model }: CategoryLimit): LimitModel {
    if (model !== undefined && 'decay' in model) return model;
    const { documented } = this.config;
    const registered = this.account.rateLimits ?? documented;
    const own = this.stated.get(category) ?? model?.windows;
    if (own === undefined) return { windows: windowsOf(category, registered) };
    return { windows: tightest([...own, ...windowsOf(category, changed(registered, documented))]) };
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
