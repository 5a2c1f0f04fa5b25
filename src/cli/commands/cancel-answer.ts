import type { CancelResponse } from '../../domain/order';
import { type CommonFlags, print } from '../command-line';
import { EXIT_CODES, type Surroundings } from '../surroundings';
import { cancelText } from './order-texts';

/** Prints what a cancel came to; the exit code says whether the order is cancelled. */
export function answerCancel(flags: CommonFlags, surroundings: Surroundings, response: CancelResponse): void {
  print(flags, surroundings, response, cancelText);
  if (response.status === 'FAILED') {
    surroundings.stderr(`CANCEL_FAILED: ${response.reason}`);
    surroundings.exitWith(EXIT_CODES.refused);
  }
  if (response.status === 'PENDING_CANCEL') surroundings.exitWith(EXIT_CODES.pending);
}
