import { ApplicationFailure, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { reconciliationTaskQueue } from '../../activities/queues';
import type { ReconciliationActivities, ReconciliationRun } from '../../activities/reconciliation-activities';
import type { ReconciliationInput, ReconciliationReport } from '../../src/domain/reconciliation';
import { reconciliationInputSchema } from '../../src/domain/reconciliation';
import { describeReport } from './current-details';

/** Surveys that somebody else's reconciliation of the same account may make worthless. */
const SURVEYS_MAX = 3;

/**
 * Compares one account with its exchange, adjusts what can be adjusted, and reports. What it does is in activities that
 * may be repeated; between the survey and its settlement lies this workflow's history, so that neither is lost.
 */
export async function reconciliation(input: ReconciliationInput): Promise<ReconciliationReport> {
  const run: ReconciliationRun = {
    input: readInput(input),
    reportId: workflowInfo().runId,
    startedAt: workflowInfo().startTime.toISOString(),
  };
  const report = await reconcile(run);
  setCurrentDetails(describeReport(report));
  return report;
}

async function reconcile(run: ReconciliationRun): Promise<ReconciliationReport> {
  const { surveyAccount, settleSurvey, reportFailure } = activitiesOf(run);
  try {
    for (let surveys = 1; surveys <= SURVEYS_MAX; surveys++) {
      const report = await settleSurvey(run, await surveyAccount(run.input));
      if (report !== null) return report;
    }
    return await reportFailure(run, `Others reconciled the account ${SURVEYS_MAX} times in a row meanwhile.`);
  } catch (error) {
    return await reportFailure(run, causeOf(error));
  }
}

function activitiesOf({ input }: ReconciliationRun): ReconciliationActivities {
  return proxyActivities<ReconciliationActivities>({
    taskQueue: reconciliationTaskQueue(input.exchangeId),
    startToCloseTimeout: '5m',
    scheduleToCloseTimeout: '10m',
    heartbeatTimeout: '6s',
    retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '30s' },
  });
}

function readInput(input: unknown): ReconciliationInput {
  const parsed = reconciliationInputSchema().safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the input'} ${message}`);
  throw ApplicationFailure.nonRetryable(`Nothing is reconciled: ${faults.join('; ')}.`, 'INVALID_INPUT');
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
