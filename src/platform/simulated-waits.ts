import { z } from 'zod';

const WAIT_MS_MAX = 600_000;
const wait = z.exactOptional(
  z.int('must be a whole number of ms').min(1, 'must be at least 1').max(WAIT_MS_MAX, `must be at most ${WAIT_MS_MAX}`),
);

/**
 * Waits (ms) that stand in the place of the service's own where it trades at simulated exchanges, so that hours of
 * trouble pass in minutes. What is left out stays as it is in production.
 */
export interface SimulatedWaits {
  /** How long after it was declared a send may still go out. */
  sendWindowMs?: number;
  /** What the clocks of two workers may differ by. */
  clockDifferenceMs?: number;
  /** How long a signed request is good for at its exchange. */
  recvWindowMs?: number;
  /** How long an accepted order may stay invisible to a lookup. */
  readDelayMs?: number;
  /** How long a reply of an exchange is waited for. */
  replyTimeoutMs?: number;
  /** Between checks of our open orders against the exchange's. */
  sweepIntervalMs?: number;
  /** Between checks that each open order's workflow is running. */
  orphanCheckIntervalMs?: number;
  /** How old an order has to be before its workflow is missed. */
  orphanAgeMinMs?: number;
  /** The longest pause before a lost stream is opened again. */
  reconnectDelayMs?: number;
}

const schema: z.ZodType<SimulatedWaits> = z.strictObject({
  sendWindowMs: wait,
  clockDifferenceMs: wait,
  recvWindowMs: wait,
  readDelayMs: wait,
  replyTimeoutMs: wait,
  sweepIntervalMs: wait,
  orphanCheckIntervalMs: wait,
  orphanAgeMinMs: wait,
  reconnectDelayMs: wait,
});

/** From JSON like {"sendWindowMs": 500}. Never throws: either the waits or what is wrong with the text. */
export function readSimulatedWaits(text: string): { waits: SimulatedWaits } | { problem: string } {
  try {
    const read = schema.safeParse(JSON.parse(text));
    if (read.success) return { waits: read.data };
    return { problem: read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim()).join('; ') };
  } catch {
    return { problem: 'must be JSON like {"sendWindowMs": 500}' };
  }
}
