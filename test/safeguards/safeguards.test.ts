import fc from 'fast-check';
import { ServiceError } from '../../src/domain/errors';
import type { Halt, HaltScope } from '../../src/domain/halt';
import { covers, HALT_EFFECT_MS, HALT_READ_VALIDITY_MS } from '../../src/domain/halt';
import type { TenantSafeguards } from '../../src/domain/safeguards';
import type { Clock } from '../../src/platform/clock';
import { systemClock } from '../../src/platform/clock';
import type { LimitChecks } from '../../src/safeguards/limit-checks';
import { Safeguards } from '../../src/safeguards/safeguards';
import { HALT_READ_REUSED_MS, SafeguardsReader } from '../../src/safeguards/safeguards-reader';
import { anOrder } from '../storage/stores';

const TENANT = 'demo';
const order = anOrder(TENANT);
const halt: Halt = {
  haltId: 'h1',
  tenantId: TENANT,
  scope: {},
  reason: 'model went wild',
  haltedBy: 'alice',
  haltedAt: '2026-01-31T12:00:00.000Z',
};

/** Safeguards on a store and a clock that the test moves. */
class Desk {
  nowMs = 1_000_000;
  stored: TenantSafeguards = { tenantId: TENANT, version: 1, halts: [], settings: {} };
  reads = 0;
  failure: Error | undefined;
  readonly clock: Clock = { now: () => this.nowMs, sleep: (ms, signal) => systemClock.sleep(ms, signal) };
  readonly safeguards = this.another();

  /** As another worker has it. */
  another(): Safeguards {
    const get = (): Promise<TenantSafeguards> => {
      this.reads += 1;
      return this.failure === undefined ? Promise.resolve(this.stored) : Promise.reject(this.failure);
    };
    const limits = { findFaults: () => Promise.resolve([]) } as unknown as LimitChecks;
    return new Safeguards({ reader: new SafeguardsReader({ get }, this.clock), limits, clock: this.clock });
  }

  halts(...halts: Halt[]): void {
    this.stored = { ...this.stored, halts };
  }
}

test('a halt covers an order exactly when all that it names fits', () => {
  const value = fc.constantFrom(undefined, 'a', 'b');
  const scopeOf = (exchangeId?: string, strategyId?: string, assetId?: string): HaltScope =>
    Object.fromEntries(Object.entries({ exchangeId, strategyId, assetId }).filter(([, one]) => one !== undefined));
  fc.assert(
    fc.property(fc.tuple(value, value, value), fc.tuple(value, value, value), (wanted, given) => {
      const fits = wanted.every((one, index) => one === undefined || one === given[index]);
      const subject = { strategyId: '', assetId: '', ...scopeOf(...given) };
      expect(covers(scopeOf(...wanted), subject)).toBe(fits);
    }),
    { numRuns: 300 },
  );
});

test('orders of one second share one read of the halts, and each has time left to be sent in', async () => {
  const desk = new Desk();
  await desk.safeguards.findDenial(order);
  desk.nowMs += HALT_READ_REUSED_MS - 1;
  const clearance = await desk.safeguards.lastCheck(order)();
  expect(desk.reads).toBe(1);
  expect(clearance).toEqual({ outcome: 'cleared', sendBy: 1_000_000 + HALT_READ_VALIDITY_MS });
  desk.nowMs += 1;
  await desk.safeguards.lastCheck(order)();
  expect(desk.reads).toBe(2);
});

test('whatever was read when: no leave to send outlasts a halt by as long as a kill waits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 20 }), async (pauses) => {
      const desk = new Desk();
      const sendBys: number[] = [];
      const ask = async (): Promise<void> => {
        const clearance = await desk.safeguards.lastCheck(order)();
        if (clearance.outcome === 'cleared') sendBys.push(clearance.sendBy);
      };
      await ask();
      const haltedAtMs = desk.nowMs;
      desk.halts(halt);
      for (const pause of pauses) {
        desk.nowMs += pause;
        await ask();
      }
      expect(Math.max(...sendBys)).toBeLessThan(haltedAtMs + HALT_EFFECT_MS);
    }),
    { numRuns: 200 },
  );
});

test('a halted order is denied for good, and told whose halt it is and why', async () => {
  const desk = new Desk();
  desk.halts({ ...halt, scope: { strategyId: 'trend' } });
  const denial = await desk.safeguards.findDenial(order);
  expect(denial).toMatchObject({ outcome: 'denied', error: { code: 'TRADING_HALTED' } });
  expect(denial).not.toHaveProperty('retryAt');
  expect(denial?.error.message).toContain('tenant demo, strategy trend by alice');
  expect(denial?.error.message).toContain('"model went wild"');
  expect(await desk.safeguards.lastCheck(order)()).toEqual(denial);
  expect(await desk.safeguards.findDenial(anOrder(TENANT, { strategyId: 'other' }))).toBeUndefined();
});

test('halts that can not be read deny for now', async () => {
  const desk = new Desk();
  desk.failure = new ServiceError('DEPENDENCY_UNAVAILABLE', 'DynamoDB failed.');
  const denial = { outcome: 'denied', error: { code: 'DEPENDENCY_UNAVAILABLE' }, retryAt: desk.nowMs + 1_000 };
  expect(await desk.safeguards.findDenial(order)).toMatchObject(denial);
  expect(await desk.safeguards.lastCheck(order)()).toMatchObject(denial);
  desk.failure = undefined;
  expect(await desk.safeguards.lastCheck(order)()).toMatchObject({ outcome: 'cleared' });
});

test('a clock that is set back makes a read none', async () => {
  const desk = new Desk();
  await desk.safeguards.lastCheck(order)();
  desk.halts(halt);
  desk.nowMs -= 60_000;
  expect(await desk.safeguards.lastCheck(order)()).toMatchObject({ outcome: 'denied' });
});
