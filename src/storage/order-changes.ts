import type { OrderState } from '../domain/order';

/**
 * The writes of the Orders table as a log that others can follow. It is split into shards: writes of one order are in
 * order within a shard, and a shard comes after its parent. Kept for a day.
 */
export interface OrderChangeLog {
  /** @throws ServiceError CONFIGURATION when the table keeps no such log */
  describe(): Promise<ChangeStream>;
  /** Reads a shard after a position, or from its beginning. */
  openShard(streamId: string, shardId: string, after?: string): ShardReader;
}

export interface ChangeStream {
  /** Another one means that what the old one had is gone. */
  streamId: string;
  shards: ChangeShard[];
}

export interface ChangeShard {
  shardId: string;
  parentId?: string;
}

export interface ShardReader {
  /**
   * What comes next; empty when nothing is there yet.
   * @throws ChangesLostError when the log does not reach back to the position any more
   */
  read(): Promise<ChangeBatch>;
}

export interface ChangeBatch {
  writes: OrderWrite[];
  /** Behind all that was read; absent when nothing was. */
  position?: string;
  /** The shard is closed and read to its end. */
  ended: boolean;
}

/** One write of an order's item. `unreadable` says why it can't be understood. */
export type OrderWrite = { tenantId: string; orderId: string } & (
  { before?: OrderState; after: OrderState } | { unreadable: string; position: string }
);

/** What was to be read is gone: it was older than the log keeps, or the log is another one. */
export class ChangesLostError extends Error {
  override name = 'ChangesLostError';

  constructor(
    readonly shardId: string,
    message: string,
  ) {
    super(message);
  }
}
