import type { LoadSharing } from '../../src/connections/load-sharing';
import type { OrderNews } from '../../src/connections/order-news';
import { STABLE_AFTER_MS } from '../../src/connections/reconnection';
import type { ReconnectionStrategy } from '../../src/domain/connection';
import { DEFAULT_RECONNECTION } from '../../src/domain/connection';
import type { ExchangeId } from '../../src/domain/exchange';
import type { ActivityDeps } from '../deps';
import type { OrderRuns } from './order-runs';

/**
 * What holding a connection stands on. `exchanges.getAdapter` should return an adapter of the caller's own: a shared one
 * loses its stream whenever another user disconnects it, and every such loss is a reconnection and a backfill.
 */
export interface ConnectionDeps extends Omit<ActivityDeps, 'safeguards'> {
  signalOrder: SignalOrder;
  orderRuns: OrderRuns;
  /** Where workers share the connections; absent where there is one worker. */
  loadSharing?: Pick<LoadSharing, 'join'>;
  /** How this process was told to open an exchange's lost streams again (ConnectionManager); undefined: by the limits. */
  reconnectionStrategy?(exchangeId: ExchangeId): ReconnectionStrategy | undefined;
  /** Who this worker is, as people know it: `pid@host`. */
  holder: string;
}

/** Signals a workflow. "closed": no workflow of this id is running. Throws when it is not known whether the signal arrived. */
export type SignalOrder = (workflowId: string, signal: string, argument: unknown) => Promise<'delivered' | 'closed'>;

/** Tells an order its news. "closed": its workflow is not running any more. */
export type TellOrder = (news: OrderNews) => Promise<'told' | 'closed'>;

export interface ConnectionLimits {
  reconnection: ReconnectionStrategy;
  /** A stream that was live for so long makes up for the failures before it. */
  stableAfterMs: number;
  heartbeatIntervalMs: number;
  /** Between looks at whether the stream is still open. */
  watchIntervalMs: number;
  /** Between checks of our open orders against the exchange's (open-order-sweeps.ts). */
  sweepIntervalMs: number;
  /** Between checks that each open order's workflow is running. */
  orphanCheckIntervalMs: number;
  /** An order that is younger may not be listed as running yet. */
  orphanAgeMinMs: number;
  /** Events kept while the backfill runs or the database is slow; over it, the connection is dropped and read again. */
  bufferedEventsMax: number;
  batchEventsMax: number;
  /** How long the first event of a batch waits for those that the same trade causes. */
  collectMs: number;
  /** For booking and telling one batch; longer means that a part of the stack is down. */
  batchTimeLimitMs: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  reconnection: DEFAULT_RECONNECTION,
  stableAfterMs: STABLE_AFTER_MS,
  heartbeatIntervalMs: 4_000,
  watchIntervalMs: 1_000,
  sweepIntervalMs: 60_000,
  orphanCheckIntervalMs: 300_000,
  orphanAgeMinMs: 60_000,
  bufferedEventsMax: 20_000,
  batchEventsMax: 500,
  collectMs: 5,
  batchTimeLimitMs: 60_000,
};
