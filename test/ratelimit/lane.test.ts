import fc from 'fast-check';
import { ManualClock } from '../alerts/manual-clock';
import type { Budget } from '../../src/ratelimit/budget';
import { LANE_LENGTH_MAX } from '../../src/ratelimit/lane';
import { CALL_WAIT_MS_MAX, REQUEST_PRIORITIES, type RequestPriority } from '../../src/ratelimit/priority';
import type { NoTurn, RateLimiter, Turn } from '../../src/ratelimit/rate-limiter';
import { aBudget } from './budgets';
import { ownRateLimiter } from './own-limiter';

const TICK_MS = 25;

/** A caller in a time of its own: each call notes when its turn came, and is answered at once. */
class Scene {
  readonly clock = new ManualClock();
  readonly limiter: RateLimiter = ownRateLimiter(this.clock);
  readonly turns: { priority: RequestPriority; waitedMs: number }[] = [];
  readonly refused: NoTurn[] = [];

  constructor(private readonly budget: Budget) {}

  call(priority: RequestPriority, waitMsMax?: number): void {
    const sinceMs = this.clock.now();
    const charges = [{ budget: this.budget, cost: 1 }];
    const call = { exchangeId: this.budget.exchangeId, charges, gates: [], priority };
    void this.limiter
      .acquire({ ...call, ...(waitMsMax !== undefined && { waitMsMax }) })
      .then(async (turn: Turn | NoTurn) => {
        if (!turn.granted) this.refused.push(turn);
        else {
          this.turns.push({ priority, waitedMs: this.clock.now() - sinceMs });
          await turn.release({ sent: true });
        }
      });
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += TICK_MS) await this.clock.pass(TICK_MS);
  }
}

const oneAtATime = (): Budget => aBudget({ model: { windows: [{ limit: 1, windowMs: 100 }] } });

test('of those that wait together the most important go first', async () => {
  const scene = new Scene(oneAtATime());
  scene.call('NORMAL');
  await scene.pass(TICK_MS);
  for (const priority of [...REQUEST_PRIORITIES].reverse()) scene.call(priority);
  await scene.pass(1_000);
  expect(scene.turns.map(({ priority }) => priority)).toEqual(['NORMAL', 'CRITICAL', 'HIGH', 'NORMAL', 'LOW']);
});

test('a cancel that comes later than everybody goes next', async () => {
  const scene = new Scene(oneAtATime());
  for (let call = 0; call < 10; call += 1) scene.call('HIGH');
  await scene.pass(300);
  scene.call('CRITICAL');
  await scene.pass(200);
  const cancel = scene.turns.find(({ priority }) => priority === 'CRITICAL');
  expect(cancel?.waitedMs).toBeLessThanOrEqual(150);
});

test('nobody starves: under more HIGH calls than there is room for, a LOW one still has its turn', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('HIGH' as const, 'NORMAL' as const), { minLength: 80, maxLength: 80 }),
      fc.integer({ min: 1, max: 10 }),
      async (crowd, comesAt) => {
        const scene = new Scene(oneAtATime());
        // Two calls where there is room for one, for 4 s.
        for (const [at, priority] of crowd.entries()) {
          scene.call(priority, 60_000);
          if (at === comesAt) scene.call('LOW', 60_000);
          await scene.pass(50);
        }
        const low = scene.turns.find(({ priority }) => priority === 'LOW');
        expect(low).toBeDefined();
      },
    ),
    { numRuns: 100 },
  );
});

test('a call waits 2 s at most; then it is told when to come again', async () => {
  const scene = new Scene(aBudget({ model: { windows: [{ limit: 1, windowMs: 60_000 }] } }));
  scene.call('NORMAL');
  await scene.pass(TICK_MS);
  scene.call('NORMAL');
  await scene.pass(TICK_MS);
  // Its turn would come in a minute: there is no use in waiting for it.
  expect(scene.refused).toHaveLength(1);
  expect(scene.refused[0]?.retryAt).toBeGreaterThan(scene.clock.now() + 59_000);

  const crowded = new Scene(oneAtATime());
  for (let call = 0; call < 50; call += 1) crowded.call('NORMAL');
  await crowded.pass(CALL_WAIT_MS_MAX + 100);
  expect(crowded.turns.length + crowded.refused.length).toBe(50);
  expect(Math.max(...crowded.turns.map(({ waitedMs }) => waitedMs))).toBeLessThanOrEqual(CALL_WAIT_MS_MAX + TICK_MS);
  for (const { retryAt } of crowded.refused) expect(retryAt).toBeGreaterThan(0);
});

test('the queue has an end', async () => {
  const scene = new Scene(oneAtATime());
  for (let call = 0; call < LANE_LENGTH_MAX + 10; call += 1) scene.call('NORMAL', 60_000);
  await scene.pass(TICK_MS);
  expect(scene.refused.length).toBeGreaterThanOrEqual(9);
});
