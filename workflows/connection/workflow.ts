import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { ConnectionActivities, HolderReport } from '../../activities/connection-activities';
import { EXCHANGE_IDS } from '../../src/domain/exchange';
import { ConnectionLife } from './connection-life';
import type { ConnectionInput, ConnectionState } from './contract';
import {
  CONNECTIONS_TASK_QUEUE,
  connectionStateQuery,
  connectionWorkflowId,
  pauseSignal,
  restartSignal,
  resumeSignal,
} from './contract';
import { describeConnection } from './current-details';

/**
 * The retry is constant and endless: a holder that dies is replaced within a second or two, however often it happened
 * before. What makes no sense to repeat so fast says so itself (nextRetryDelay).
 */
const { holdConnection } = proxyActivities<ConnectionActivities>({
  taskQueue: CONNECTIONS_TASK_QUEUE,
  startToCloseTimeout: '1h',
  heartbeatTimeout: '9s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '1s', backoffCoefficient: 1 },
});

/** Before a holder is looked for again after one failed for good, which no holder is meant to. */
const FAILURE_PAUSE = '10s';

/**
 * Keeps one account's private stream in the hands of one worker: elector, cursor and switch, never the path of the
 * messages. Runs until it is cancelled. `carried` is set by continue-as-new only.
 */
export async function connection(input: ConnectionInput, carried?: ConnectionState): Promise<void> {
  checkInput(input);
  const life = new ConnectionLife(input, carried, (state) => setCurrentDetails(describeConnection(state)));
  answerMessages(life);
  await condition(() => !life.paused);
  await hold(life, input);
  await continueAsNew<typeof connection>(input, life.view());
}

function checkInput({ tenantId, exchangeId }: ConnectionInput): void {
  const { workflowId } = workflowInfo();
  const expected = connectionWorkflowId(tenantId, exchangeId);
  if (workflowId === expected && EXCHANGE_IDS.includes(exchangeId)) return;
  throw ApplicationFailure.nonRetryable(
    `This workflow was started as ${workflowId}, but its input is for ${expected}. Start it as connection/<tenantId>/<exchangeId> with an exchangeId of ${EXCHANGE_IDS.join(', ')}.`,
    'INVALID_INPUT',
  );
}

function answerMessages(life: ConnectionLife): void {
  const argument = '{"reason": "…", "requestedBy": "your name"}';
  setHandler(connectionStateQuery, () => life.view(), {
    description: 'The connection; what its holder does right now is in the pending activity’s heartbeat details',
  });
  setHandler(pauseSignal, (request) => life.pause(request), {
    description: `Close the stream and hold no connection until resumed: ${argument}`,
  });
  setHandler(resumeSignal, (request) => life.resume(request), { description: `End a pause: ${argument}` });
  setHandler(restartSignal, (request) => life.restart(request), {
    description: `Close the stream and open it anew, with the configuration as it is now: ${argument}`,
  });
}

/** One holder after the other in Temporal's hands, until one ends by itself or is asked to. */
async function hold(life: ConnectionLife, { tenantId, exchangeId }: ConnectionInput): Promise<void> {
  const { cursor } = life;
  const scope = new CancellationScope();
  life.beginHolding(() => scope.cancel());
  try {
    const { report } = await scope.run(() =>
      holdConnection({ tenantId, exchangeId, ...(cursor !== undefined && { cursor }) }),
    );
    life.endHolding(report);
  } catch (error) {
    const asked = isCancellation(error) || life.view().status === 'STOPPING';
    life.endHolding(lastReport(error), asked ? undefined : messageOf(error));
    if (!asked) await sleep(FAILURE_PAUSE);
  }
  if (CancellationScope.current().consideredCancelled) {
    throw new CancelledFailure(`The connection of ${tenantId} to ${exchangeId} was cancelled; nobody holds it.`);
  }
}

/** A holder that died while it was asked to stop has left its cursor in its last heartbeat. */
function lastReport(error: unknown): HolderReport | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof TimeoutFailure ? (cause.lastHeartbeatDetails as HolderReport | undefined) : undefined;
}

function messageOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
