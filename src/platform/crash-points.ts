import { subscribe } from 'node:diagnostics_channel';

/**
 * Named places in the code where a test ends the process on purpose, so that recovery is tried at exactly the moments
 * that matter. Without a plan every point is `noCrashPoint`.
 */
export const CRASH_POINTS = [
  'submit.beforeSend',
  'submit.afterSend',
  'submit.afterReply',
  'ledger.beforeTransaction',
  'ledger.afterTransaction',
  'connection.betweenBookingAndSignal',
  'feed.betweenAppendAndCheckpoint',
] as const;
export type CrashPointName = (typeof CRASH_POINTS)[number];
export type CrashPoint = (name: CrashPointName) => Promise<void>;

export const noCrashPoint: CrashPoint = () => Promise.resolve();

/**
 * Ends the process at the nth pass of one point, by `plan` = "submit.afterReply#3". Only a process that runs with
 * simulated exchanges may be given one.
 * @throws RangeError when the plan names no point
 */
export function plannedCrashPoint(plan: string, kill: () => void): CrashPoint {
  const [point, nth] = plan.split('#');
  if (!CRASH_POINTS.some((name) => name === point) || !/^[1-9]\d{0,5}$/.test(nth ?? '')) {
    throw new RangeError(`CRASH_AT must be <point>#<n> with a point of ${CRASH_POINTS.join(', ')}, got ${plan}.`);
  }
  let left = Number(nth);
  const pass: CrashPoint = (name) => {
    if (name === point && --left === 0) kill();
    return Promise.resolve();
  };
  if (point === 'submit.afterSend') onOrderSent(() => void pass('submit.afterSend'));
  return pass;
}

/** The moment between send and reply exists inside the HTTP client only; undici announces it. */
function onOrderSent(sent: () => void): void {
  subscribe('undici:request:bodySent', (message) => {
    const { request } = message as { request: { method: string; path: string } };
    if (request.method === 'POST' && request.path.includes('/order')) sent();
  });
}
