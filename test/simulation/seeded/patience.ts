import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { ServiceError } from '../../../src/domain/errors';

const RETRY_PAUSE_MS = 250;
/** What Temporal answers for a workflow that was reset or closed while the update was carried out. */
const ABORTED = 'AcceptedUpdateCompletedWorkflow';
const NOT_YET: ReadonlySet<string> = new Set([
  'ANSWER_PENDING',
  'DEPENDENCY_UNAVAILABLE',
  'ORDER_NOT_FOUND',
  'OUTCOME_UNKNOWN',
]);

/** What came of a call. A refusal is an answer too. */
export type Answer<T> =
  | { answer: T }
  | { refused: string }
  /** The order's workflow had ended. */
  | { closed: true }
  /** The workflow took the call on and did not end it. */
  | { aborted: true };

/**
 * Calls as a client does who means it: no answer in time is asked for again.
 * @throws the last error after `untilMs`
 */
export async function patiently<T>(
  call: () => Promise<T>,
  { untilMs, isStarted }: { untilMs: () => number; isStarted: () => boolean },
): Promise<Answer<T>> {
  for (;;) {
    try {
      return { answer: await call() };
    } catch (error) {
      const known = answerOf(error, isStarted());
      if (known !== undefined) return known;
      if (Date.now() > untilMs()) throw error;
      await pause(RETRY_PAUSE_MS);
    }
  }
}

function answerOf(error: unknown, isStarted: boolean): Exclude<Answer<never>, { answer: never }> | undefined {
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const { type } = error.cause;
    return type === ABORTED ? { aborted: true } : { refused: `${type ?? ''}: ${error.cause.message}` };
  }
  if (error instanceof WorkflowNotFoundError) return isStarted ? { closed: true } : undefined;
  if (error instanceof ServiceError && !NOT_YET.has(error.code)) return { refused: `${error.code}: ${error.message}` };
  return undefined;
}
