import { ServiceError } from '../../domain/errors';
import { isoTime } from '../../platform/clock';

const EARLIEST = '0000';
const LATEST = '9999';

/**
 * The sort keys (`<instant>#…`) between two instants, both inclusive, in whatever ISO form the caller wrote them.
 * '~' sorts behind everything that follows an instant in a key.
 * @throws ServiceError INVALID_INPUT
 */
export function sortKeyRange(range: { startTime?: string | undefined; endTime?: string | undefined }): {
  from: string;
  to: string;
} {
  const from = range.startTime === undefined ? EARLIEST : instantOf('startTime', range.startTime);
  const to = range.endTime === undefined ? LATEST : instantOf('endTime', range.endTime);
  return { from, to: `${to}#~` };
}

function instantOf(field: string, given: string): string {
  const ms = Date.parse(given);
  if (!Number.isNaN(ms)) return isoTime(ms);
  const message = `must be an ISO 8601 instant like 2026-01-31T12:00:00Z, got ${JSON.stringify(given.slice(0, 80))}`;
  throw new ServiceError('INVALID_INPUT', `${field} ${message}.`, [{ field, message }]);
}
