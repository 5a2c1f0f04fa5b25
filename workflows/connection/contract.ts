import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { HoldConnectionInput } from '../../activities/connection-activities';
import type { ExchangeId } from '../../src/domain/exchange';

/** The connection workflow as operators and clients meet it. */

export { CONNECTIONS_TASK_QUEUE } from '../../activities/queues';

export const CONNECTION_WORKFLOW_TYPE = 'connection';

/** One workflow per account, so that Temporal gives each account to one holder at a time. */
export function connectionWorkflowId(tenantId: string, exchangeId: ExchangeId): string {
  return `connection/${tenantId}/${exchangeId}`;
}

export interface ConnectionInput {
  tenantId: string;
  exchangeId: ExchangeId;
}

/** Who asked for something, and why. */
export interface InterventionRequest {
  reason?: string;
  requestedBy?: string;
}

/** HELD: a worker holds it, or Temporal is looking for one. STOPPING: its holder was asked to let go. */
export type ConnectionWorkflowStatus = 'HELD' | 'STOPPING' | 'PAUSED';

/**
 * The connection as its workflow knows it. What the holder is doing right now is in the heartbeat details of the
 * pending activity: the workflow learns it only when a holder ends.
 */
export interface ConnectionState {
  schemaVersion: 1;
  tenantId: string;
  exchangeId: ExchangeId;
  status: ConnectionWorkflowStatus;
  /** When the status began. */
  since: string;
  /** The holder that ended last. */
  lastHolder?: string;
  /** Where the last holder stopped: everything before is booked and told. */
  cursor?: NonNullable<HoldConnectionInput['cursor']>;
  counters: ConnectionCounters;
  lastIntervention?: InterventionRequest & { signal: 'pause' | 'resume' | 'restart'; at: string };
  /** Why a holder ended that was not asked to. */
  lastError?: string;
}

/** Sums over all holders that have ended. */
export interface ConnectionCounters {
  holders: number;
  executions: number;
  updates: number;
  signals: number;
  backfills: number;
  connectionsLost: number;
}

export const pauseSignal = defineSignal<[InterventionRequest?]>('pause');
export const resumeSignal = defineSignal<[InterventionRequest?]>('resume');
export const restartSignal = defineSignal<[InterventionRequest?]>('restart');
export const connectionStateQuery = defineQuery<ConnectionState>('state');
