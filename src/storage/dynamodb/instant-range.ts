import { ServiceError } from '../../domain/errors';
import { isoTime } from '../../platform/clock';

const EARLIEST = '0000';
const LATEST = '9999';
const SHOWN_CHARACTERS_MAX = 80;

export interface TimeRange {
  startTime?: string | undefined;
  endTime?: string | undefined;
}

interface SortKeys {
  from: string;
  to: string;
}

/**
 * The sort keys (`<instant>#…`) between two instants, both inclusive, in whatever ISO form the caller wrote them.
 * '~' sorts behind everything that follows an instant in a key.
 * @throws ServiceError INVALID_INPUT
 */
export function sortKeyRange(range: TimeRange): SortKeys {
  const from = range.startTime === undefined ? EARLIEST : instantOf('startTime', range.startTime);
  const to = range.endTime === undefined ? LATEST : instantOf('endTime', range.endTime);
  return { from, to: `${to}#~` };
}

/**
 * The same for a query, which DynamoDB refuses where it ends before it begins.
 * @throws ServiceError INVALID_INPUT, for such a range too
 */
export function queriedRange(range: TimeRange): SortKeys {
  const keys = sortKeyRange(range);
  if (keys.from <= keys.to) return keys;
  const message = `must not be before startTime ${shown(range.startTime)}, got ${shown(range.endTime)}`;
  throw new ServiceError('INVALID_INPUT', `endTime ${message}.`, [{ field: 'endTime', message }]);
}

function instantOf(field: string, given: string): string {
  const ms = Date.parse(given);
  if (!Number.isNaN(ms)) return isoTime(ms);
  const message = `must be an ISO 8601 instant like 2026-01-31T12:00:00Z, got ${shown(given)}`;
  throw new ServiceError('INVALID_INPUT', `${field} ${message}.`, [{ field, message }]);
}

function shown(given = ''): string {
  return JSON.stringify(given.slice(0, SHOWN_CHARACTERS_MAX));
}
