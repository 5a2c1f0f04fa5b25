import type { Clock } from '../../platform/clock';
import type { AccountLimits } from '../../ratelimit/account-limits';
import type { RateLimiter } from '../../ratelimit/rate-limiter';
import { gateOf } from '../../ratelimit/scopes';
import type { Refusal } from './errors';
import { isOrderLimit } from './errors';

/**
 * Where Binance does not say how long: the weight window, the shortest documented ban, and what a ban by the firewall
 * usually lasts (binance.com/en/support/faq/detail/360004492232, "Frequently Asked Questions on API").
 */
const KEEP_AWAY_DEFAULT_MS: Record<number, number> = { 429: 60_000, 418: 120_000, 403: 300_000 };

export interface KeepAwayParts {
  rateLimiter: Pick<RateLimiter, 'ban'>;
  limits: AccountLimits;
  clock: Clock;
}

/**
 * Stops calls after a refusal that asks for it (`isRateLimit`): too many orders stop new orders of the account,
 * everything else stops all calls from this address. `askedMs` is how long, where Binance says so.
 * @returns when calls are taken again, ms since the epoch
 */
export async function keepAway(
  { rateLimiter, limits, clock }: KeepAwayParts,
  refusal: Refusal,
  askedMs: number | undefined,
): Promise<number> {
  const waitMs = askedMs ?? KEEP_AWAY_DEFAULT_MS[refusal.status] ?? 0;
  const untilMs = clock.now() + waitMs;
  const gate = isOrderLimit(refusal) ? gateOf(limits.ownerOf('ACCOUNT'), 'ORDERS') : limits.ownerOf('IP');
  await rateLimiter.ban(limits.exchangeId, [gate], waitMs);
  return untilMs;
}
