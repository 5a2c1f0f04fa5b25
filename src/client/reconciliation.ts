import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { ReconciliationInput } from '../domain/reconciliation';
import { reconciliationInputSchema } from '../domain/reconciliation';
import type {
  AccountName,
  PositionReconciliationResult,
  ReconciliationReport,
  ReconciliationResult,
} from '../domain/reconciliation';
import { ServiceError } from '../domain/errors';
import type { ExchangeId } from '../domain/exchange';
import type { Page } from '../storage/orders';
import type { ReconciliationStore } from '../storage/reconciliation';
import { RECONCILIATION_WORKFLOW_TYPE, reconciliationWorkflowId } from '../../workflows/reconciliation/contract';
import { ORDERS_TASK_QUEUE, SEARCH_ATTRIBUTES } from '../../workflows/order/contract';
import { accountSchema, checkInput } from './input';
import { type CallOptions, callTemporal, hasEnded, type TemporalCaller } from './temporal-call';

/** As long as a run may take at most. */
const REPORT_TIMEOUT_MS = 1_200_000;
/** Who asks where the specification's calls do not say. */
const CLIENT = 'client';

export interface ReconciliationParts extends TemporalCaller {
  reconciliations: ReconciliationStore;
}

/** Accounts beside their exchanges: comparing them now, and what earlier comparisons found. */
export interface ReconciliationService {
  /**
   * Reconciles an account now; one that runs already is joined, unless `positions` or `accept` ask for more.
   * @throws ServiceError INVALID_INPUT with all faults; ANSWER_PENDING when it is not done within `timeoutMs` (it goes
   * on), or when one that was asked for less runs; DEPENDENCY_UNAVAILABLE
   */
  reconcile(input: ReconciliationInput, options?: CallOptions): Promise<ReconciliationReport>;
  /**
   * The same, of which the positions' part is returned (specification: PositionManager.reconcilePositions; it is here,
   * since it needs Temporal and that one does not).
   * @throws ServiceError also when nothing could be compared
   */
  reconcilePositions(tenantId: string, exchangeId: ExchangeId): Promise<PositionReconciliationResult>;
  /** The newest first. @throws ServiceError INVALID_INPUT */
  listReports(name: AccountName, cursor?: string): Promise<Page<ReconciliationReport>>;
}

export function createReconciliationService(parts: ReconciliationParts): ReconciliationService {
  return {
    reconcile: (input, options = {}) => reconcile(parts, input, options),
    reconcilePositions: async (tenantId, exchangeId) =>
      partOf(await reconcile(parts, { tenantId, exchangeId, requestedBy: CLIENT }, {}), 'positions'),
    listReports: async (name, cursor) =>
      await parts.reconciliations.listReports(checkInput(accountSchema, name, 'The account'), cursor),
  };
}

/** The orders' part of a reconciliation that is made now. @throws ServiceError also when nothing could be compared */
export async function reconcileOrders(
  caller: TemporalCaller,
  tenantId: string,
  exchangeId: ExchangeId,
): Promise<ReconciliationResult> {
  return partOf(await reconcile(caller, { tenantId, exchangeId, requestedBy: CLIENT }, {}), 'orders');
}

function partOf<P extends 'orders' | 'positions'>(
  report: ReconciliationReport,
  part: P,
): NonNullable<ReconciliationReport[P]> {
  const found = report[part];
  if (found !== undefined) return found;
  const { exchangeId, tenantId, problem = report.state } = report;
  throw new ServiceError('DEPENDENCY_UNAVAILABLE', `${exchangeId} was not reconciled for ${tenantId}: ${problem}`);
}

async function reconcile(
  parts: TemporalCaller,
  given: ReconciliationInput,
  { timeoutMs = REPORT_TIMEOUT_MS }: CallOptions,
): Promise<ReconciliationReport> {
  const input = checkInput<ReconciliationInput>(reconciliationInputSchema(), given, 'The reconciliation');
  const what = `reconciling ${input.exchangeId} for ${input.tenantId}`;
  try {
    return await callTemporal(parts, what, { timeoutMs }, async () => await (await start(parts, input)).result());
  } catch (error) {
    if (!hasEnded(error)) throw error;
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      const running = `${input.exchangeId} is being reconciled for ${input.tenantId}, without positions or accept: ask again when that is done.`;
      throw new ServiceError('ANSWER_PENDING', running, [], { cause: error });
    }
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', `There is no report of ${what}: it was ended by force.`, [], {
      cause: error,
    });
  }
}

async function start({ client }: TemporalCaller, input: ReconciliationInput): Promise<WorkflowHandle<Reconcile>> {
  const { tenantId, exchangeId, positions, accept } = input;
  return await client.workflow.start<Reconcile>(RECONCILIATION_WORKFLOW_TYPE, {
    workflowId: reconciliationWorkflowId(input),
    taskQueue: ORDERS_TASK_QUEUE,
    args: [input],
    workflowIdConflictPolicy: positions === undefined && accept === undefined ? 'USE_EXISTING' : 'FAIL',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTES.TenantId, value: tenantId },
      { key: SEARCH_ATTRIBUTES.ExchangeId, value: exchangeId },
    ],
    staticSummary: `Reconciliation of ${tenantId} at ${exchangeId}`,
  });
}

type Reconcile = (input: ReconciliationInput) => Promise<ReconciliationReport>;
