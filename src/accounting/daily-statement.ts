import { ServiceError } from '../domain/errors';
import type { PositionState } from '../domain/position';
import { type Clock, isoTime } from '../platform/clock';
import type { HistoryScope, PositionStore } from '../storage/positions';
import { eachPosition } from './each-position';
import { journalOf, type JournalStores } from './journal';
import { Statement, type StatementLine } from './statement';

/** Until then a booking of another process, by a clock that lags, may still come before what is there. */
const SETTLING_MS = 10_000;
const DAY_MS = 86_400_000;

/** A UTC day by booking time. */
export interface DailyStatement {
  tenantId: string;
  date: string;
  /** The last instant that it covers: the end of the day, or until now. */
  until: string;
  isComplete: boolean;
  lines: StatementLine[];
  /** What does not agree; empty, or somebody has to look. */
  imbalances: string[];
}

/** @throws ServiceError INVALID_INPUT for a day that has not begun, and what reading positions of a past time throws */
export async function dailyStatement(
  { clock, ...stores }: JournalStores & { clock: Clock },
  scope: HistoryScope,
  date: string,
): Promise<DailyStatement> {
  const startMs = Date.parse(`${date}T00:00:00.000Z`);
  const endMs = startMs + DAY_MS - 1;
  const untilMs = Math.min(endMs, clock.now() - SETTLING_MS);
  if (untilMs < startMs) throw notBegun(date);
  const range = { startTime: isoTime(startMs), endTime: isoTime(untilMs) };
  const opening = await positionsAt(stores.positions, scope, isoTime(startMs - 1));
  const closing = await positionsAt(stores.positions, scope, range.endTime);
  const statement = new Statement(opening, closing);
  for await (const entry of journalOf(stores, scope, range)) statement.add(entry);
  return {
    tenantId: scope.tenantId,
    date,
    until: range.endTime,
    isComplete: untilMs === endMs,
    lines: statement.lines(),
    imbalances: statement.imbalances(),
  };
}

async function positionsAt(positions: PositionStore, scope: HistoryScope, asOf: string): Promise<PositionState[]> {
  const found: PositionState[] = [];
  for await (const position of eachPosition(positions, scope, asOf)) found.push(position);
  return found;
}

function notBegun(date: string): ServiceError {
  const message = `must be a day that has begun, ${SETTLING_MS / 1_000} s ago at least`;
  return new ServiceError('INVALID_INPUT', `The day ${message}, got ${date}.`, [{ field: 'date', message }]);
}
