import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES, ORDERS_TASK_QUEUE } from '../../workflows/order/contract';
import type { KillInput, KillProgress } from '../../workflows/kill/contract';
import { KILL_WORKFLOW_TYPE, killProgressQuery, killWorkflowId } from '../../workflows/kill/contract';
import { ServiceError } from '../domain/errors';
import type { Halt, HaltRecord, HaltScope } from '../domain/halt';
import { covers, describeScope, HALT_EFFECT_MS, haltSchemas } from '../domain/halt';
import type { Order } from '../domain/order';
import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import type { Random } from '../platform/random';
import type { SafeguardChanges } from '../safeguards/safeguard-changes';
import { HALT_READ_REUSED_MS } from '../safeguards/safeguards-reader';
import type { Page } from '../storage/orders';
import type { SafeguardsStore } from '../storage/safeguards';
import { checkInput, killRequestSchema, releaseSchema, tenantSchema } from './input';
import type { OrderManager } from './order-manager';
import { callTemporal } from './temporal-call';

/** Between looks at how far a kill is. */
const PROGRESS_PAUSE_MS = 500;
const PROGRESS_CALL_LIMIT_MS = 10_000;
/** How long a kill's end is waited for unless the caller says otherwise; it goes on without. */
const KILL_TIMEOUT_MS = 900_000;

export interface KillSwitchParts {
  client: Client;
  orderManager: Pick<OrderManager, 'getOpenOrders'>;
  safeguardChanges: SafeguardChanges;
  safeguardsStore: SafeguardsStore;
  clock: Clock;
  random: Random;
}

export interface KillRequest {
  scope?: HaltScope;
  reason: string;
  haltedBy: string;
  /** Of an earlier kill whose cancelling is to go on. */
  haltId?: string;
  /** Also orders that this service did not place; see KillInput. */
  includeForeign?: boolean;
}

export interface KillOptions {
  /** Told of each change; `sendingEnded` becomes true when nothing in scope can be sent any more. */
  onProgress?: (progress: { sendingEnded: boolean; kill?: KillProgress }) => void;
  /** How long to wait for the end of the cancelling, ms. */
  timeoutMs?: number;
}

/** Stops a tenant's trading, all of it or a part, and lets it go on again. */
export interface KillSwitch {
  /**
   * Halts, then cancels everything open in scope. Once it has returned or thrown, anything but INVALID_INPUT and an
   * error that says so, nothing in scope can be sent until the halt is released.
   * @returns what was done; `open` orders could not be cancelled
   * @throws ServiceError INVALID_INPUT; DEPENDENCY_UNAVAILABLE saying which half is not done; ANSWER_PENDING when the
   * cancelling takes longer than `timeoutMs`: it goes on
   */
  kill(tenantId: string, request: KillRequest, options?: KillOptions): Promise<KillProgress>;
  /** The open orders that a kill would cancel now. Nothing is changed. */
  preview(tenantId: string, scope: HaltScope): Promise<Order[]>;
  /** The halts that stand. */
  standingHalts(tenantId: string): Promise<Halt[]>;
  /** All halts that ever were, the latest first. */
  listHalts(tenantId: string, cursor?: string): Promise<Page<HaltRecord>>;
  /** Once it has returned, orders go through. @throws ServiceError HALT_NOT_FOUND, INVALID_INPUT */
  release(tenantId: string, haltId: string, request: { releasedBy: string; reason: string }): Promise<HaltRecord>;
}

export function createKillSwitch(parts: KillSwitchParts): KillSwitch {
  const { orderManager, safeguardChanges, safeguardsStore, clock } = parts;
  return {
    kill: (tenantId, request, options = {}) => kill(parts, tenantId, request, options),
    preview: async (tenantId, scope) => {
      const checked = checkInput(haltSchemas().haltScopeSchema, scope, 'The scope');
      const open = await orderManager.getOpenOrders(tenantId);
      return open.filter((order) => covers(checked, order));
    },
    standingHalts: async (tenantId) => {
      const tenant = checkInput(tenantSchema, { tenantId }, 'The list of halts');
      return (await safeguardsStore.get(tenant.tenantId)).halts;
    },
    listHalts: async (tenantId, cursor) => {
      const tenant = checkInput(tenantSchema, { tenantId }, 'The list of halts');
      return await safeguardsStore.listHalts(tenant.tenantId, cursor);
    },
    release: async (tenantId, haltId, request) => {
      const input = checkInput(releaseSchema, { tenantId, haltId, ...request }, 'The release');
      const { releasedBy, reason } = input;
      const record = await safeguardChanges.release(input.tenantId, input.haltId, { releasedBy, reason });
      await clock.sleep(HALT_READ_REUSED_MS);
      return record;
    },
  };
}

async function kill(
  parts: KillSwitchParts,
  tenantId: string,
  request: KillRequest,
  { onProgress = () => undefined, timeoutMs = KILL_TIMEOUT_MS }: KillOptions,
): Promise<KillProgress> {
  const { clock } = parts;
  const input = killInput(parts, tenantId, request);
  const giveUpAtMs = clock.now() + timeoutMs;
  await begin(parts, input);
  await clock.sleep(HALT_EFFECT_MS);
  for (let seen = ''; ;) {
    const progress = await progressOf(parts, input);
    const text = JSON.stringify(progress);
    if (text !== seen) onProgress({ sendingEnded: true, ...(progress && { kill: progress }) });
    seen = text;
    if (progress?.stage === 'DONE') return progress;
    if (clock.now() > giveUpAtMs) throw stillCancelling(input, timeoutMs);
    await clock.sleep(PROGRESS_PAUSE_MS);
  }
}

function killInput({ clock, random }: KillSwitchParts, tenantId: string, request: KillRequest): KillInput {
  const { scope = {}, includeForeign, haltId, reason, haltedBy } = checkInput(killRequestSchema, request, 'The kill');
  const haltedAt = isoTime(clock.now());
  const id = haltId ?? newHaltId(haltedAt, random);
  const input = { tenantId, haltId: id, scope, reason, haltedBy, haltedAt };
  return checkInput(
    haltSchemas().killSchema,
    { ...input, ...(includeForeign !== undefined && { includeForeign }) },
    'The kill',
  );
}

/** 20260131T120000Z-1a2b3c4d: sorts by time, and can be read out on the phone. */
function newHaltId(haltedAt: string, random: Random): string {
  return `${haltedAt.replace(/[-:]|\.\d+/g, '')}-${random.uuid().slice(0, 8)}`;
}

/**
 * The halt is written from here, so that it needs DynamoDB alone, and by the workflow, so that it needs no caller who
 * lives on. One of the two is enough for the halt to come; both are for this to go on.
 */
async function begin(parts: KillSwitchParts, input: KillInput): Promise<void> {
  const { includeForeign: _1, schemaVersion: _2, ...halt } = input;
  const [halted, started] = await Promise.allSettled([parts.safeguardChanges.halt(halt), start(parts, input)]);
  const { haltId } = input;
  if (halted.status === 'rejected') {
    if (halted.reason instanceof ServiceError && halted.reason.code === 'INVALID_INPUT') throw halted.reason;
    const goesOn =
      started.status === 'fulfilled'
        ? `Workflow ${killWorkflowId(input.tenantId, haltId)} was started and halts as soon as it can.`
        : 'Nothing was started either: kill again.';
    throw failure(`It is not known whether halt ${haltId} stands. ${goesOn}`, halted.reason);
  }
  if (halted.value.release !== undefined) throw releasedBefore(haltId);
  if (started.status === 'fulfilled') return;
  await parts.clock.sleep(HALT_EFFECT_MS);
  const what = `Halt ${haltId} stands and nothing in its scope is sent any more, but open orders are NOT being cancelled: repeat the kill with haltId ${haltId}.`;
  throw failure(what, started.reason);
}

async function start(parts: KillSwitchParts, input: KillInput): Promise<void> {
  const workflowId = killWorkflowId(input.tenantId, input.haltId);
  await callTemporal(parts, `starting ${workflowId}`, {}, () =>
    parts.client.workflow.start(KILL_WORKFLOW_TYPE, {
      workflowId,
      taskQueue: ORDERS_TASK_QUEUE,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      typedSearchAttributes: [{ key: SEARCH_ATTRIBUTES.TenantId, value: input.tenantId }],
      staticSummary: `Kill ${describeScope(input)}`.slice(0, 200),
    }),
  );
}

/** Undefined while nobody answers: the workers may be busy, or away. */
async function progressOf(parts: KillSwitchParts, { tenantId, haltId }: KillInput): Promise<KillProgress | undefined> {
  const handle = parts.client.workflow.getHandle(killWorkflowId(tenantId, haltId));
  try {
    return await callTemporal(parts, `reading kill ${haltId}`, { timeoutMs: PROGRESS_CALL_LIMIT_MS }, () =>
      handle.query(killProgressQuery),
    );
  } catch (error) {
    if (error instanceof ServiceError && error.category === 'RETRYABLE') return undefined;
    throw error;
  }
}

function failure(what: string, cause: unknown): ServiceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ServiceError('DEPENDENCY_UNAVAILABLE', `${what} (${reason})`, [], { cause });
}

function releasedBefore(haltId: string): ServiceError {
  const message = `names a halt that was released: kill anew, without a haltId`;
  return new ServiceError('INVALID_INPUT', `haltId ${haltId} ${message}.`, [{ field: 'haltId', message }]);
}

function stillCancelling({ tenantId, haltId }: KillInput, timeoutMs: number): ServiceError {
  const what = `Halt ${haltId} stands; after ${timeoutMs} ms workflow ${killWorkflowId(tenantId, haltId)} is still cancelling.`;
  return new ServiceError('ANSWER_PENDING', what);
}
