import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { newerCursor, readCursor } from '../src/connections/cursor';
import { ServiceError } from '../src/domain/errors';
import type { Random } from '../src/platform/random';
import type { ConnectionActivities, HoldConnectionInput, HoldResult } from './connection-activities';
import type { ConnectionDeps, ConnectionLimits } from './connection/connection-deps';
import { CONNECTION_LIMITS } from './connection/connection-deps';
import { ConnectionHolder, needsAPerson } from './connection/connection-holder';

/** Of its start-to-close timeout a holder uses this share, drawn anew each time so that connections don't move at once. */
const HOLD_SHARE_MIN = 0.8;
const HOLD_SHARE_MAX = 0.95;
/** Before the next attempt when a person has to mend something first; the signal `restart` tries at once. */
const MENDING_PAUSE = '60s';

export function createConnectionActivities(
  deps: ConnectionDeps,
  limits: ConnectionLimits = CONNECTION_LIMITS,
): ConnectionActivities {
  return {
    holdConnection: async (input) => {
      const { info, cancellationSignal, heartbeat } = Context.current();
      const place = { holder: deps.holder, report: heartbeat };
      const holder = new ConnectionHolder(deps, limits, continued(input, info.heartbeatDetails), place);
      const ended = new AbortController();
      const stop = AbortSignal.any([cancellationSignal, ended.signal]);
      deps.clock.sleep(holdMs(info.startToCloseTimeoutMs, deps.random), stop).then(
        () => ended.abort(new Error('It is time for another worker to hold the connection.')),
        () => {},
      );
      try {
        const report = await holder.hold(stop);
        return resultOf({ ended: cancellationSignal.aborted ? 'CANCELLED' : 'ROTATION', report }, cancellationSignal);
      } catch (error) {
        throw failureOf(error);
      } finally {
        ended.abort(new Error('The holder has ended.'));
      }
    },
  };
}

/** The input with the cursor of the last attempt, where that came further. */
function continued({ cursor, ...name }: HoldConnectionInput, heartbeatDetails: unknown): HoldConnectionInput {
  const newest = newerCursor(cursor, readCursor(heartbeatDetails));
  return { ...name, ...(newest !== undefined && { cursor: newest }) };
}

function holdMs(startToCloseMs: number, random: Random): number {
  return startToCloseMs * (HOLD_SHARE_MIN + (HOLD_SHARE_MAX - HOLD_SHARE_MIN) * random.fraction());
}

/**
 * Only when the workflow asked for the end is it a result. Otherwise (the worker shuts down, the attempt is reset or
 * given up) it must fail, and retryably, so that another worker takes the connection over at once.
 */
function resultOf(result: HoldResult, { aborted, reason }: AbortSignal): HoldResult {
  const why = reason instanceof Error ? reason.message : String(reason);
  if (!aborted || why === 'CANCELLED') return result;
  throw ApplicationFailure.create({
    message: `The holder let the connection go: ${why}.`,
    type: 'HANDED_OVER',
    category: ApplicationFailureCategory.BENIGN,
  });
}

function failureOf(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const type = error instanceof ServiceError ? error.code : 'UNEXPECTED';
  return ApplicationFailure.create({
    message: error instanceof Error ? error.message : String(error),
    type,
    ...(needsAPerson(error) && { nextRetryDelay: MENDING_PAUSE }),
    ...(error instanceof Error && { cause: error }),
  });
}
