import fc from 'fast-check';
import { MEASURED_AGE_MS_MAX, ServerClock, SKEW_MS_MAX } from '../../src/exchanges/server-clock';

function clockAt(nowMs: number): { now(): number; sleep(): Promise<void>; pass(ms: number): void } {
  return { now: () => nowMs, sleep: () => Promise.resolve(), pass: (ms) => void (nowMs += ms) };
}

const delay = (): fc.Arbitrary<number> => fc.integer({ min: 0, max: 5_000 });

test('whatever way the answers take, the offset is never further off than half of the shortest way', () => {
  const answers = fc.array(fc.record({ thereMs: delay(), backMs: delay() }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(fc.integer({ min: -1e6, max: 1e6 }), answers, (trueOffsetMs, ways) => {
      const clock = clockAt(1e9);
      const server = new ServerClock(clock);
      for (const { thereMs, backMs } of ways) {
        const askedAtMs = clock.now();
        clock.pass(thereMs);
        const statedMs = clock.now() + trueOffsetMs;
        clock.pass(backMs);
        server.learn(statedMs, askedAtMs);
      }
      const shortestMs = Math.min(...ways.map(({ thereMs, backMs }) => thereMs + backMs));
      expect(Math.abs(server.offsetMs - trueOffsetMs)).toBeLessThanOrEqual(shortestMs / 2 + 1);
      expect(server.now()).toBe(clock.now() + server.offsetMs);
    }),
    { numRuns: 300 },
  );
});

test('a clock that jumps is followed at the next answer, however slow that is', () => {
  const clock = clockAt(1e9);
  const server = new ServerClock(clock);
  server.learn(clock.now(), clock.now());
  clock.pass(400);
  server.learn(clock.now() + 90_000 - 200, clock.now() - 400);
  expect(server.offsetMs).toBe(90_000);
});

test('it is told when the clocks are further apart than requests may be, and not for what the way may explain', () => {
  const [clock, onSkew] = [clockAt(1e9), jest.fn()];
  const server = new ServerClock(clock, onSkew);
  server.learn(clock.now() + SKEW_MS_MAX, clock.now());
  clock.pass(2_000);
  server.learn(clock.now() + SKEW_MS_MAX, clock.now() - 2_000);
  expect(onSkew).not.toHaveBeenCalled();
  server.learn(clock.now() + SKEW_MS_MAX + 1, clock.now());
  expect(onSkew).toHaveBeenCalledWith({ offsetMs: SKEW_MS_MAX + 1, uncertaintyMs: 0 });
});

test('a measurement that is old is stale, and outdone by any', () => {
  const clock = clockAt(1e9);
  const server = new ServerClock(clock);
  expect(server.isStale()).toBe(false);
  server.learn(clock.now() + 10, clock.now());
  clock.pass(MEASURED_AGE_MS_MAX + 1);
  expect(server.isStale()).toBe(true);
  server.learn(clock.now() + 20, clock.now() - 100);
  expect(server.isStale()).toBe(false);
  expect(server.offsetMs).toBe(70);
});
