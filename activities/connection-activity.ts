import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { newerCursor, readCursor } from '../src/connections/cursor';
import { ANOTHER_HAS_ROOM, type HolderPlace as Place } from '../src/connections/load-sharing';
import { ServiceError } from '../src/domain/errors';
import type { ConnectionActivities, HoldConnectionInput, HolderReport } from './connection-activities';
import type { ConnectionDeps, ConnectionLimits } from './connection/connection-deps';
import { CONNECTION_LIMITS } from './connection/connection-deps';
import { ConnectionHolder } from './connection/connection-holder';
import { needsAPerson } from './needs-a-person';
import { holdForLong, passedOn } from './long-hold';

/** Before the next attempt when a person has to mend something first; the signal `restart` tries at once. */
const MENDING_PAUSE = '60s';

export function createConnectionActivities(
  deps: ConnectionDeps,
  limits: ConnectionLimits = CONNECTION_LIMITS,
): ConnectionActivities {
  return {
    holdConnection: async (input) => {
      const { info, heartbeat } = Context.current();
      const place = { holder: deps.holder, report: heartbeat };
      const holder = new ConnectionHolder(deps, limits, continued(input, info.heartbeatDetails), place);
      const share = takePlace(deps, input);
      try {
        return await holdForLong(deps, (stop) => holder.hold(stop), share?.handOver);
      } catch (error) {
        throw failureOf(error);
      } finally {
        share?.leave();
      }
    },
  };
}

/** @throws ApplicationFailure (HANDED_OVER) for a connection that this worker has just handed over: another has room for it */
function takePlace({ loadSharing }: ConnectionDeps, { tenantId, exchangeId }: HoldConnectionInput): Place | undefined {
  const place = loadSharing?.join(`${tenantId}/${exchangeId}`);
  if (place === 'ELSEWHERE') throw passedOn(ANOTHER_HAS_ROOM);
  return place;
}

/** The input with the cursor of the last attempt, where that came further, and with when it still heard of the account. */
function continued({ cursor, ...name }: HoldConnectionInput, heartbeatDetails: unknown): HoldConnectionInput {
  const newest = newerCursor(cursor, readCursor(heartbeatDetails));
  const heardAt = (heartbeatDetails as Partial<HolderReport> | undefined)?.heardAt;
  return { ...name, ...(newest !== undefined && { cursor: newest }), ...(heardAt !== undefined && { heardAt }) };
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
