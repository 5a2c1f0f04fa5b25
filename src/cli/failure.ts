import type { OrderError } from '../domain/errors';
import { ServiceError } from '../domain/errors';
import { EXIT_CODES, type ExitCode, type Surroundings } from './surroundings';

type Streams = Pick<Surroundings, 'environment' | 'stderr'>;

/** Says on stderr why a command did not do its work. @returns the exit code */
export function reportFailure(error: unknown, json: boolean, streams: Streams): ExitCode {
  reportError(asOrderError(error), json, streams);
  if (streams.environment['DEBUG'] && error instanceof Error) streams.stderr(error.stack ?? '');
  return error instanceof ServiceError && error.code === 'ANSWER_PENDING' ? EXIT_CODES.pending : EXIT_CODES.refused;
}

/** An error for people, with a line for each of several faults, or as one line of JSON for programs. */
export function reportError(error: OrderError | UnexpectedError, json: boolean, { stderr }: Streams): void {
  if (json) return stderr(JSON.stringify({ error }));
  stderr(`${error.code}: ${error.message.trimEnd()}`);
  if (error.faults.length < 2) return;
  for (const { field, message } of error.faults) stderr(`  - ${field} ${message}`);
}

/** A fault of this program; the catalogue has no advice for it. */
interface UnexpectedError {
  code: 'UNEXPECTED';
  message: string;
  faults: [];
}

function asOrderError(error: unknown): OrderError | UnexpectedError {
  if (error instanceof ServiceError) return error.toOrderError();
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'UNEXPECTED', message: `${message} (DEBUG=1 shows where.)`, faults: [] };
}
