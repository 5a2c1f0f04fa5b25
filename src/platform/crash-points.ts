/**
 * Named places in the code where a test can end the process on purpose. In production every point is `noCrashPoint`.
 */
export type CrashPoint = (name: CrashPointName) => Promise<void>;

export const CRASH_POINTS = [
  'submit.beforeSend',
  'submit.afterReply',
  'ledger.beforeTransaction',
  'ledger.afterTransaction',
  'connection.betweenBookingAndSignal',
] as const;
export type CrashPointName = (typeof CRASH_POINTS)[number];

export const noCrashPoint: CrashPoint = () => Promise.resolve();
