import type { Client } from '@temporalio/client';
import {
  isGrpcDeadlineError,
  isGrpcServiceError,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import {
  ApplicationFailure,
  NamespaceNotFoundError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/common';
import { type ErrorCode, ServiceError } from '../domain/errors';
import type { Clock } from '../platform/clock';

/** How long an answer is waited for unless the caller says otherwise. */
export const ANSWER_TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MIN_MS = 1;
const ANSWER_TIMEOUT_MAX_MS = 3_600_000;
const GRPC_FAILED_PRECONDITION = 9;

export interface CallOptions {
  /** How long to wait for the answer; a deadline that expires says nothing about the order. */
  timeoutMs?: number;
}

export interface TemporalCaller {
  client: Client;
  clock: Clock;
}

/**
 * Makes calls to Temporal within one deadline. What says that a workflow has ended passes as it is; see hasEnded.
 * @throws ServiceError ANSWER_PENDING when the deadline expires, DEPENDENCY_UNAVAILABLE, CONFIGURATION, INVALID_INPUT
 */
export async function callTemporal<T>(
  { client, clock }: TemporalCaller,
  doing: string,
  { timeoutMs = ANSWER_TIMEOUT_MS }: CallOptions,
  call: () => Promise<T>,
): Promise<T> {
  checkTimeout(timeoutMs);
  try {
    return await client.withDeadline(clock.now() + timeoutMs, () =>
      call().catch((error: unknown) => againIf(error, call)),
    );
  } catch (error) {
    if (error instanceof ServiceError || hasEnded(error)) throw error;
    throw explained(error, doing, timeoutMs);
  }
}

/** An order that goes on in a new run just then has to be asked there, and one that never got the question anew. */
function againIf<T>(error: unknown, call: () => Promise<T>): Promise<T> {
  if (isRenewing(error) || isUndelivered(error)) return call();
  throw error;
}

function isRenewing(error: unknown): boolean {
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === ('ANSWER_PENDING' satisfies ErrorCode);
}

/** The workflow task that the update came with failed, as when its worker is starved: Temporal drops the update. */
function isUndelivered(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return isGrpcServiceError(cause) && Number(cause.code) === GRPC_FAILED_PRECONDITION;
}

/** The workflow that was called has ended, or is not known: there is nobody there to answer. */
export function hasEnded(error: unknown): boolean {
  return (
    error instanceof WorkflowExecutionAlreadyStartedError ||
    error instanceof WorkflowNotFoundError ||
    error instanceof WorkflowFailedError ||
    error instanceof WorkflowUpdateFailedError
  );
}

function explained(error: unknown, doing: string, timeoutMs: number): ServiceError {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error)) {
    const what = `There is no answer to ${doing} after ${timeoutMs} ms; it may still take effect.`;
    return new ServiceError('ANSWER_PENDING', what, [], { cause: error });
  }
  if (error instanceof NamespaceNotFoundError) {
    const what = `Temporal has no namespace ${error.namespace} (TEMPORAL_NAMESPACE).`;
    return new ServiceError('CONFIGURATION', what, [], { cause: error });
  }
  const what = `Temporal failed at ${doing} (${reasonOf(error)}); whether it takes effect is not known: ask again with the same ids.`;
  return new ServiceError('DEPENDENCY_UNAVAILABLE', what, [], { cause: error });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function checkTimeout(timeoutMs: number): void {
  if (timeoutMs >= ANSWER_TIMEOUT_MIN_MS && timeoutMs <= ANSWER_TIMEOUT_MAX_MS) return;
  const message = `must be from ${ANSWER_TIMEOUT_MIN_MS} to ${ANSWER_TIMEOUT_MAX_MS} ms, got ${timeoutMs}`;
  throw new ServiceError('INVALID_INPUT', `timeoutMs ${message}.`, [{ field: 'timeoutMs', message }]);
}
