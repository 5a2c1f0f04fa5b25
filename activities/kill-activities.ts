import type { ExchangeId } from '../src/domain/exchange';
import type { Halt, HaltRecord } from '../src/domain/halt';
import type { OrderStatus } from '../src/domain/order';
import type { CancelOrderInput } from './order-activities';

/** What the kill workflow asks of the world, besides the exchanges' own cancel activities. Run on `ledger`. */
export interface KillActivities {
  /** Puts the halt in its place; again without effect. */
  placeHalt(halt: Halt): Promise<PlacedHalt>;
  /** Asks the workflow of every open order in scope to cancel. Repeating it is safe. */
  cancelOpenOrders(halt: Halt): Promise<KillRound>;
  /** Whether the halt has ended, and what is open there is nobody's to cancel any more. */
  isReleased(halt: Halt): Promise<boolean>;
  /**
   * Calls people: the kill gives up with so many of our orders open. `foreign`: it gives up an exchange's cancel-all,
   * which may leave orders of others too.
   */
  reportIncomplete(halt: Halt, open: number, foreign?: ForeignLeft): Promise<void>;
}

/** An exchange at which orders may be open still, and why its cancel-all did not end them. */
export interface ForeignLeft {
  exchangeId: ExchangeId;
  error: string;
}

export interface PlacedHalt {
  record: HaltRecord;
  /** The tenant's exchanges in scope. */
  exchanges: ExchangeId[];
}

/** One look at all open orders in scope. */
export interface KillRound {
  /** The halt has ended: nothing was asked to cancel. */
  released: boolean;
  open: number;
  /** Some of the open ones; at most OPEN_SHOWN_MAX. */
  shown: OpenInScope[];
  /** Open by our records, while nobody is there to ask: no workflow runs. At most ORPHANS_MAX, the others come next round. */
  orphans: CancelOrderInput[];
}

export interface OpenInScope {
  orderId: string;
  exchangeId?: ExchangeId;
  assetId: string;
  status: OrderStatus;
  /** What happened to it last, or why it could not be asked. */
  detail: string;
}
