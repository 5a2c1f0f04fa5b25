import type { ExchangeId } from '../../src/domain/exchange';
import type { ExchangeAdapter } from '../../src/exchanges/adapter';
import type { ExchangeModule } from '../../src/exchanges/exchange-module';
import { EXCHANGES } from '../../src/exchanges/registry';
import type { RateLimiter } from '../../src/ratelimit/rate-limiter';

/** The exchange that stands beside Binance where a test needs two; it speaks Binance's protocol. */
export const SECOND_EXCHANGE: ExchangeId = 'OKX';

/** Registers it, in this process. */
export function registerSecondExchange(): void {
  const { BINANCE } = EXCHANGES;
  if (BINANCE === undefined) throw new Error('There is no Binance to take the place of another exchange.');
  EXCHANGES[SECOND_EXCHANGE] = renamed(BINANCE);
}

function renamed(module: ExchangeModule): ExchangeModule {
  return {
    ...module,
    createAdapter: (options) => {
      const config = { ...options.config, exchangeId: 'BINANCE' as const };
      const rateLimiter = ownLanes(options.rateLimiter);
      return renamedAdapter(module.createAdapter({ ...options, config, rateLimiter }));
    },
  };
}

/** Its budgets are its own by tenant and address; its calls wait for their turns and its bans, not for Binance's. */
function ownLanes(rateLimiter: RateLimiter): RateLimiter {
  const own: Pick<RateLimiter, 'acquire' | 'ban' | 'statusOf'> = {
    acquire: (call) => rateLimiter.acquire({ ...call, exchangeId: SECOND_EXCHANGE }),
    ban: (_exchangeId, gates, retryAfterMs) => rateLimiter.ban(SECOND_EXCHANGE, gates, retryAfterMs),
    statusOf: ({ tenantId }) => rateLimiter.getRateLimitStatus({ exchangeId: SECOND_EXCHANGE, tenantId }),
  };
  return Object.assign(Object.create(rateLimiter) as RateLimiter, own);
}

function renamedAdapter(adapter: ExchangeAdapter): ExchangeAdapter {
  return new Proxy(adapter, {
    get(target, name) {
      if (name === 'exchangeId') return SECOND_EXCHANGE;
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const given = String(name).startsWith('subscribeTo') ? args.map(renamedCallback) : args;
        const answer: unknown = Reflect.apply(member, target, given);
        return answer instanceof Promise ? answer.then(withName) : answer;
      };
    },
  });
}

function renamedCallback(callback: unknown): unknown {
  return (event: unknown) => (callback as (event: unknown) => unknown)(withName(event));
}

/** Wherever the answer names its exchange. */
function withName(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withName);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([field, inner]) => {
    return [field, field === 'exchangeId' ? SECOND_EXCHANGE : withName(inner)];
  });
  return Object.fromEntries(entries);
}
