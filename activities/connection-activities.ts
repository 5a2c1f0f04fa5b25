import type { ExchangeId } from '../src/domain/exchange';
import type { Cursor } from '../src/connections/cursor';
import type { HoldResult } from './long-hold';

/** Which connection to hold, and where its last holder stopped. */
export interface HoldConnectionInput {
  tenantId: string;
  exchangeId: ExchangeId;
  cursor?: Cursor;
  /** When the last holder still heard of the account, by its stream or by asking. */
  heardAt?: string;
}

export const HOLDER_STATUSES = ['CONNECTING', 'BACKFILLING', 'LIVE', 'RECONNECTING'] as const;
export type HolderStatus = (typeof HOLDER_STATUSES)[number];

/** What a holder has done since it took the connection over. */
export interface HolderCounters {
  executions: number;
  updates: number;
  signals: number;
  backfills: number;
  connectionsLost: number;
}

/** The holder's heartbeat details, as the Temporal UI shows them under the pending activity. */
export interface HolderReport {
  status: HolderStatus;
  /** When the status began. */
  since: string;
  holder: string;
  counters: HolderCounters;
  /** When the account was heard of last, by its stream or by asking. */
  heardAt: string;
  cursor?: Cursor;
  /** Why the stream was lost last. */
  lastError?: string;
}

/** Run on `connections`. */
export interface ConnectionActivities {
  /**
   * Holds the private stream of a tenant's account at an exchange: books what it says, then tells the orders.
   * Heartbeats carry a HolderReport. Runs until shortly before its start-to-close timeout, or until cancelled.
   */
  holdConnection(input: HoldConnectionInput): Promise<HoldResult<HolderReport>>;
}
