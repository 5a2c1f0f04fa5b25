import { ApplicationFailure } from '@temporalio/common';
import { ServiceError } from '../src/domain/errors';
import type { PositionAdjustment, ReconciledAccount, ReconciliationInput } from '../src/domain/reconciliation';
import { unreportedAdjustments } from '../src/reconciliation/finished-adjustments';
import { isoTime } from '../src/platform/clock';
import { KnownExecutions } from '../src/connections/known-executions';
import { EventProcessor } from './connection/event-processor';
import { createTellOrder } from './connection/order-signals';
import { withHeartbeats } from './heartbeats';
import { BalanceSurvey } from './reconciliation/balance-survey';
import { OrderSurvey } from './reconciliation/order-survey';
import type { ReconciliationDeps } from './reconciliation/reconciliation-deps';
import { bookPending, reportFailure, settleSurvey } from './reconciliation/settlement';
import type { AccountSurvey, ReconciliationActivities } from './reconciliation-activities';

/** Who asks where nobody does; a run of a schedule gives way to the status of its exchange. */
const SCHEDULE = 'schedule';

export function createReconciliationActivities(deps: ReconciliationDeps): ReconciliationActivities {
  const { clock } = deps;
  const heard = <T>(work: () => Promise<T>): Promise<T> => withHeartbeats(clock, work).catch(fail);
  return {
    surveyAccount: (input) => heard(() => surveyAccount(deps, input)),
    settleSurvey: (run, survey) => heard(() => settleSurvey(deps, run, survey)),
    reportFailure: (run, problem) => heard(() => reportFailure(deps, run, problem)),
  };
}

/** @throws ServiceError */
export async function surveyAccount(deps: ReconciliationDeps, input: ReconciliationInput): Promise<AccountSurvey> {
  const { tenantId, exchangeId, requestedBy } = input;
  const { status, createdAt } = await deps.exchanges.getExchange(tenantId, exchangeId);
  if (status !== 'ACTIVE' && requestedBy === SCHEDULE)
    return { skipped: `${exchangeId} is ${status} for ${tenantId}.` };
  const adapter = await deps.exchanges.getAdapter(tenantId, exchangeId);
  const tellOrder = createTellOrder(deps.signalOrder, deps.clock);
  const processor = new EventProcessor({ ...deps, tellOrder }, input, adapter, new KnownExecutions());
  const account = await deps.reconciliations.getAccount(input);
  const finished = await finishLastRun(deps, account);
  const { result, openAssets } = await new OrderSurvey(deps, input, adapter, processor).run();
  const settlement = await new BalanceSurvey(deps, input, adapter, processor, account).run(openAssets);
  const lastComparedAt = account === undefined ? createdAt : (account.comparedAt ?? isoTime(account.sinceMs));
  return { orders: result, settlement, finished, lastComparedAt };
}

/** What the last run has decided, and broke off before it could tell of it. */
async function finishLastRun(
  deps: ReconciliationDeps,
  account: ReconciledAccount | undefined,
): Promise<PositionAdjustment[]> {
  const booked = await bookPending(deps, account);
  if (account === undefined || booked.length === 0) return [];
  const { items } = await deps.reconciliations.listReports(account);
  return unreportedAdjustments(booked, items);
}

function fail(error: unknown): never {
  if (!(error instanceof ServiceError)) throw error;
  const nonRetryable = error.category === 'INVALID_REQUEST' || error.category === 'FATAL';
  throw ApplicationFailure.create({ message: error.message, type: error.code, nonRetryable, cause: error });
}
