import type { Clock } from '../platform/clock';
import type { RateGate, RateScope } from './rate-gate';
import { blockKeyOf } from './rate-gate';

/** Blocks of this process alone: for tests, and what is left while Redis is away. */
export class MemoryRateGate implements RateGate {
  private readonly blocks = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  blockedUntil(scope: RateScope): Promise<number | undefined> {
    const key = blockKeyOf(scope);
    const untilMs = this.blocks.get(key);
    if (untilMs === undefined || untilMs > this.clock.now()) return Promise.resolve(untilMs);
    this.blocks.delete(key);
    return Promise.resolve(undefined);
  }

  block(scope: RateScope, untilMs: number): Promise<void> {
    const key = blockKeyOf(scope);
    this.blocks.set(key, Math.max(untilMs, this.blocks.get(key) ?? 0));
    return Promise.resolve();
  }
}
