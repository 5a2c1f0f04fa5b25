import { type FeedCheckpoint, SHARD_ENDED } from '../../src/storage/feed';
import type { ChangeBatch, ChangeStream, OrderChangeLog, ShardReader } from '../../src/storage/order-changes';

/** The shards that may be read now: each once its parent is read to its end. */
export class ShardSet {
  private readonly readers = new Map<string, ShardReader>();

  constructor(
    private readonly log: OrderChangeLog,
    private place: FeedCheckpoint['place'],
  ) {}

  /** Whether the positions speak of this stream. */
  continuesIn({ streamId }: ChangeStream): boolean {
    return this.place.streamId === undefined || this.place.streamId === streamId;
  }

  /** Begins to read a stream, where its positions say, or all of it. */
  open(stream: ChangeStream): void {
    this.readers.clear();
    this.place = { streamId: stream.streamId, shards: this.continuesIn(stream) ? this.place.shards : {} };
    this.refresh(stream);
  }

  /** Takes up shards that are new, and forgets those that the stream has dropped. */
  refresh({ streamId, shards }: ChangeStream): void {
    const known = new Set(shards.map(({ shardId }) => shardId));
    const positions = Object.fromEntries(Object.entries(this.place.shards).filter(([shardId]) => known.has(shardId)));
    this.place = { streamId, shards: positions };
    for (const { shardId, parentId } of shards) {
      const mayBeRead = parentId === undefined || !known.has(parentId) || positions[parentId] === SHARD_ENDED;
      if (!mayBeRead || positions[shardId] === SHARD_ENDED || this.readers.has(shardId)) continue;
      this.readers.set(shardId, this.log.openShard(streamId, shardId, positions[shardId]));
    }
  }

  /** What comes next in every shard that may be read. No position moves. @throws ChangesLostError */
  async read(): Promise<Map<string, ChangeBatch>> {
    const batches = [...this.readers].map(async ([shardId, reader]) => [shardId, await reader.read()] as const);
    return new Map(await Promise.all(batches));
  }

  /** All of it is acknowledged. @returns whether a shard has ended, which others may follow */
  advance(batches: ReadonlyMap<string, ChangeBatch>): boolean {
    for (const [shardId, { position, ended }] of batches) {
      if (ended) this.readers.delete(shardId);
      const reached = ended ? SHARD_ENDED : position;
      if (reached !== undefined) this.place.shards[shardId] = reached;
    }
    return [...batches.values()].some(({ ended }) => ended);
  }

  /** A shard of which the next part is gone is read from its beginning, as far as there is one. */
  startOver(shardId: string): void {
    delete this.place.shards[shardId];
  }

  view(): FeedCheckpoint['place'] {
    return { ...this.place, shards: { ...this.place.shards } };
  }
}
