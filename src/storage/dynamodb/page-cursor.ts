import { ServiceError } from '../../domain/errors';

const CURSOR_LENGTH_MAX = 4_096;

/** A place in a list, as the opaque text that callers hand back. The tenant is never part of it. */
export function encodeCursor(place: string): string {
  return Buffer.from(place, 'utf8').toString('base64url');
}

/** @throws ServiceError INVALID_INPUT when this service can't have made the text */
export function decodeCursor(cursor: string): string {
  const place = Buffer.from(cursor, 'base64url').toString('utf8');
  if (cursor.length <= CURSOR_LENGTH_MAX && place !== '' && encodeCursor(place) === cursor) return place;
  const message = 'must be the cursor of an earlier page, unchanged';
  throw new ServiceError('INVALID_INPUT', 'The cursor is not one of this service.', [{ field: 'cursor', message }]);
}
