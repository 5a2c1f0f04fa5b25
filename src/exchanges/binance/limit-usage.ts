import type { RateLimitStatus } from '../adapter';
import type { WireRateLimit } from './wire';

const UNIT_MS: Record<string, number> = { S: 1_000, M: 60_000, H: 3_600_000, D: 86_400_000 };
/** X-MBX-USED-WEIGHT-1M, X-MBX-ORDER-COUNT-10S: what was used, and of which window (rest-api.md, LIMITS). */
const USAGE_HEADER = /^x-mbx-(?<what>used-weight|order-count)-(?<count>\d+)(?<unit>[smhd])$/;
const TYPE_OF_HEADER: Record<string, string> = { 'used-weight': 'REQUEST_WEIGHT', 'order-count': 'ORDERS' };

interface Usage {
  used: number;
  windowMs: number;
  seenAtMs: number;
}

/** How much of its limits Binance has counted, by the headers of its last replies. */
export class LimitUsage {
  private readonly usages = new Map<string, Usage>();
  private readonly limits = new Map<string, number>();

  /** Takes the limits that hold for this account from exchangeInfo. */
  learn(rateLimits: readonly WireRateLimit[]): void {
    for (const { rateLimitType, interval, intervalNum, limit } of rateLimits) {
      this.limits.set(`${rateLimitType} ${intervalNum}${interval.charAt(0)}`, limit);
    }
  }

  observe(headers: Record<string, string>, nowMs: number): void {
    for (const [header, value] of Object.entries(headers)) {
      const { what = '', count = '', unit = '' } = USAGE_HEADER.exec(header)?.groups ?? {};
      const unitMs = UNIT_MS[unit.toUpperCase()];
      const used = Number(value);
      if (unitMs === undefined || !Number.isSafeInteger(used)) continue;
      const name = `${TYPE_OF_HEADER[what]} ${count}${unit.toUpperCase()}`;
      this.usages.set(name, { used, windowMs: Number(count) * unitMs, seenAtMs: nowMs });
    }
  }

  /** The limits of which both size and use are known. Windows begin at multiples of their length. */
  rows(nowMs: number): RateLimitStatus['limits'] {
    return [...this.usages].flatMap(([name, { used, windowMs, seenAtMs }]) => {
      const limit = this.limits.get(name);
      if (limit === undefined) return [];
      const sameWindow = Math.floor(seenAtMs / windowMs) === Math.floor(nowMs / windowMs);
      const current = sameWindow ? used : 0;
      return [{ name, limit, used: current, remaining: Math.max(0, limit - current), windowMs }];
    });
  }
}
