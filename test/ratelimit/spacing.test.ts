import { answered, charged, unusedBudget, waitOf } from '../../src/ratelimit/models/decision';
import { aBudget } from './budgets';

const WINDOW_MS = 10_000;
const LIMIT = 500;
const ANSWER_MS = 10;
const SECONDS = 60;

/** Three times what the limit lets through. */
const WANTED_EVERY_MS = 7;

/** When calls were made, of those that are wanted from nothing used on. */
function callsAt(fields: { burstAllowed: boolean }): number[] {
  const budget = aBudget({
    ...fields,
    model: { windows: [{ limit: LIMIT, windowMs: WINDOW_MS }] },
    criticalReservationPercent: 10,
    warningThresholdPercent: 80,
  });
  const calls: number[] = [];
  const unanswered: number[] = [];
  let state = unusedBudget(budget);
  let waiting = 0;
  for (let atMs = 0; atMs < SECONDS * 1_000; atMs++) {
    const nowMs = 1_800_000_000_000 + atMs;
    for (; unanswered[0] === nowMs; unanswered.shift()) state = answered(budget, state, { cost: 1, sent: true, nowMs });
    if (atMs % WANTED_EVERY_MS === 0) waiting += 1;
    const demand = { cost: 1, critical: false, reservedAmount: 0, lostAtMs: 0, nowMs };
    if (waiting === 0 || waitOf(budget, state, demand) > 0) continue;
    state = charged(budget, state, demand);
    waiting -= 1;
    calls.push(atMs);
    unanswered.push(nowMs + ANSWER_MS);
  }
  return calls;
}

test('what a burst has used is used again as it comes free, though calls are spaced out from the warning threshold on', () => {
  const calls = callsAt({ burstAllowed: true });
  expect(calls[LIMIT * 0.8 - 1]).toBe((LIMIT * 0.8 - 1) * WANTED_EVERY_MS);
  const later = calls.filter((atMs) => atMs >= WINDOW_MS / 2 && atMs < WINDOW_MS / 2 + 5 * WINDOW_MS);
  expect(later.length / (5 * LIMIT * 0.9)).toBeGreaterThan(0.97);
});

test('without bursts calls are spaced out evenly from the first', () => {
  const calls = callsAt({ burstAllowed: false });
  expect(calls.filter((atMs) => atMs < 1_000).length).toBeLessThanOrEqual((LIMIT * 1_000) / WINDOW_MS + 2);
});
