/**
 * How far a connection has come: everything that the exchange did before `sinceMs` (ms since the epoch) is booked and
 * told. It travels in heartbeat details, so that the next holder knows where to start reading.
 */
export interface Cursor {
  sinceMs: number;
}

/**
 * Subtracted from the cursor before reading. Covers what the clocks of us and the exchange differ by, how late the
 * exchange's REST API shows a trade, and events that overtook each other.
 */
export const OVERLAP_MS = 60_000;

/** How far back a connection that has no cursor reads at least. */
export const FIRST_LOOKBACK_MS = 3_600_000;

/**
 * How far back is read at most: exchanges limit it, and each day costs a query per instrument. Orders that are still
 * open are looked up one by one whenever the exchange counts more fills than we have, however old they are.
 */
export const LOOKBACK_MAX_MS = 30 * 24 * 3_600_000;

/** The instant (ms) from which on executions are read again before a connection goes live. */
export function backfillSinceMs(from: {
  cursor: Cursor | undefined;
  /** When the oldest order that may still trade was created. */
  oldestOpenMs: number | undefined;
  nowMs: number;
}): number {
  const { cursor, oldestOpenMs, nowMs } = from;
  const since = cursor?.sinceMs ?? Math.min(oldestOpenMs ?? nowMs, nowMs - FIRST_LOOKBACK_MS);
  return Math.max(since - OVERLAP_MS, nowMs - LOOKBACK_MAX_MS, 0);
}

/** The cursor after everything up to these instants (ISO) has been booked and told. It never goes back. */
export function advanceCursor(cursor: Cursor | undefined, processed: readonly string[]): Cursor | undefined {
  const instants = processed.map((instant) => Date.parse(instant)).filter((ms) => Number.isFinite(ms));
  if (instants.length === 0) return cursor;
  return newerCursor(cursor, { sinceMs: instants.reduce((a, b) => Math.max(a, b)) });
}

export function newerCursor(a: Cursor | undefined, b: Cursor | undefined): Cursor | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.sinceMs >= b.sinceMs ? a : b;
}

/** The cursor in an earlier holder's heartbeat details, or undefined if they are not such details. */
export function readCursor(details: unknown): Cursor | undefined {
  const { cursor } = (details ?? {}) as { cursor?: { sinceMs?: unknown } | null };
  const sinceMs = cursor?.sinceMs;
  return typeof sinceMs === 'number' && Number.isFinite(sinceMs) && sinceMs >= 0 ? { sinceMs } : undefined;
}
