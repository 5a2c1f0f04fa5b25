import { defineQuery } from '@temporalio/workflow';
import type { OpenInScope } from '../../activities/kill-activities';
import type { ExchangeId } from '../../src/domain/exchange';
import type { Halt } from '../../src/domain/halt';

/** The kill workflow as operators and clients meet it. It runs on the `orders` queue. */

export const KILL_WORKFLOW_TYPE = 'kill';

export function killWorkflowId(tenantId: string, haltId: string): string {
  return `kill/${tenantId}/${haltId}`;
}

export interface KillInput extends Halt {
  schemaVersion?: 1;
  /**
   * Also orders that this service did not place, by the exchange's own cancel-all. Only without a strategy, since the
   * exchange knows none.
   */
  includeForeign?: boolean;
}

/** HALTING: the halt is being stored. CANCELLING: it stands, and open orders in its scope are being cancelled. */
export type KillStage = 'HALTING' | 'CANCELLING' | 'DONE';

/** An exchange's cancel-all, which is repeated until it cancels nothing any more. */
export interface CancelAllProgress {
  exchangeId: ExchangeId;
  /** Over all rounds, as far as the exchange has told. */
  cancelled?: number;
  /** Why the last round has not cancelled all. With stage DONE: orders may be left there. */
  error?: string;
}

export interface KillProgress {
  schemaVersion: 1;
  halt: Halt;
  stage: KillStage;
  /** Looks at all open orders in scope so far. */
  rounds: number;
  /** The most orders that any round found open. */
  found: number;
  /** Open at the last look. With stage DONE: could not be cancelled. */
  open: number;
  /** Some of those. */
  remaining: OpenInScope[];
  /** What the exchanges' own cancel-all has done, where it was asked for. */
  cancelAll: CancelAllProgress[];
  /** The halt was released before all was cancelled, which ended the cancelling. */
  released: boolean;
  startedAt: string;
  completedAt?: string;
}

export const killProgressQuery = defineQuery<KillProgress>('progress');
