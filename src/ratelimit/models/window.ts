/** Into how many buckets a window is cut: a call counts up to 1/200 of the window longer than it must. */
export const BUCKETS = 200;

/** What was answered within one bucket of time. */
export interface Bucket {
  index: number;
  cost: number;
}

/** Cost by bucket of one window, oldest first. */
export type WindowState = readonly Bucket[];

export function bucketAt(windowMs: number, nowMs: number): number {
  return Math.floor((nowMs * BUCKETS) / windowMs);
}

/** Without what has left the window: a bucket stays until its end is a whole window ago. */
export function liveBuckets(state: WindowState, windowMs: number, nowMs: number): WindowState {
  const oldest = bucketAt(windowMs, nowMs) - BUCKETS;
  return state.every(({ index }) => index >= oldest) ? state : state.filter(({ index }) => index >= oldest);
}

export function costOf(state: WindowState): number {
  return state.reduce((sum, { cost }) => sum + cost, 0);
}

export function spend(state: WindowState, windowMs: number, nowMs: number, cost: number): WindowState {
  if (cost === 0) return state;
  const last = state.at(-1);
  const index = Math.max(bucketAt(windowMs, nowMs), last?.index ?? 0);
  return last?.index === index
    ? [...state.slice(0, -1), { index, cost: last.cost + cost }]
    : [...state, { index, cost }];
}

/** Ms from now until `amount` has left the window; what is still under way can't leave before a whole window. */
export function waitUntilFree(state: WindowState, windowMs: number, nowMs: number, amount: number): number {
  let freed = 0;
  for (const { index, cost } of state) {
    freed += cost;
    if (freed >= amount) return Math.max(1, Math.ceil(((index + 1 + BUCKETS) * windowMs) / BUCKETS) - nowMs);
  }
  return windowMs;
}
