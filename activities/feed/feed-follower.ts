import { noticesOf } from '../../src/domain/feed-notices';
import type { FeedCheckpoint, FeedSource } from '../../src/storage/feed';
import { type ChangeBatch, ChangesLostError, type OrderWrite } from '../../src/storage/order-changes';
import type { FeedCounters } from '../feed-activities';
import type { FeedDeps, FeedLimits } from './feed-deps';
import { type FeedContent, FeedPublisher } from './feed-publisher';
import { Interval } from './interval';
import { ShardSet } from './shard-set';

/** Another holder writes the feeds. */
export class FeedTakenError extends Error {
  override name = 'FeedTakenError';
}

/** From the orders' writes to the tenants' feeds: a position moves once Redis has acknowledged all that comes before. */
export class FeedFollower {
  private readonly publisher: FeedPublisher;
  private readonly shards: ShardSet;
  private isSaved = true;

  /** Makes this the one holder that writes the feeds, from where the last one stopped. */
  static async takeOver(source: FeedSource, deps: FeedDeps, limits: FeedLimits): Promise<FeedFollower> {
    const token = `${deps.holder}/${deps.random.uuid()}`;
    return new FeedFollower(source, deps, limits, token, await source.checkpoints.take(token));
  }

  private constructor(
    private readonly source: FeedSource,
    private readonly deps: FeedDeps,
    private readonly limits: FeedLimits,
    private readonly token: string,
    { place, tenants }: FeedCheckpoint,
  ) {
    this.shards = new ShardSet(source.changes, place);
    this.publisher = new FeedPublisher(source.writer, tenants, limits, () => this.save());
  }

  /**
   * Follows until `stop` aborts; may be called again after a failure. `onFollowing`: all that it stands on answers.
   * @throws FeedTakenError, and what a part of the stack that is down throws
   */
  async follow(stop: AbortSignal, onFollowing: () => void): Promise<void> {
    const { clock } = this.deps;
    const checkpoint = new Interval(clock, this.limits.checkpointIntervalMs);
    const audit = new Interval(clock, this.limits.auditIntervalMs);
    const describe = new Interval(clock, this.limits.describeIntervalMs);
    await this.audit();
    await this.openStream();
    onFollowing();
    while (!stop.aborted) {
      const isCaughtUp = await this.passOn();
      if (!this.isSaved && checkpoint.isDue()) await this.save();
      if (audit.isDue()) await this.audit();
      if (describe.isDue()) this.shards.refresh(await this.source.changes.describe());
      if (isCaughtUp) await clock.sleep(this.limits.idleMs, stop).catch(() => {});
    }
    if (!this.isSaved) await this.save();
  }

  view(): { counters: FeedCounters; positions: Record<string, string> } {
    return { counters: { ...this.publisher.counters }, positions: this.shards.view().shards };
  }

  private async audit(): Promise<void> {
    await Promise.all([this.source.writer.announce(this.deps.holder), this.publisher.audit()]);
  }

  private async openStream(): Promise<void> {
    const stream = await this.source.changes.describe();
    if (!this.shards.continuesIn(stream)) await this.publisher.resyncAll("The orders' change stream is another one.");
    this.shards.open(stream);
  }

  /** @returns whether there was nothing to pass on */
  private async passOn(): Promise<boolean> {
    const batches = await this.readShards();
    const tenants = contentsByTenant([...batches.values()].flatMap(({ writes }) => writes));
    await Promise.all([...tenants].map(([tenantId, contents]) => this.publisher.publish(tenantId, contents)));
    if (tenants.size > 0) await this.deps.crashPoint('feed.betweenAppendAndCheckpoint');
    const isCaughtUp = [...batches.values()].every(({ position, ended }) => position === undefined && !ended);
    if (!isCaughtUp) this.isSaved = false;
    if (this.shards.advance(batches)) this.shards.refresh(await this.source.changes.describe());
    return isCaughtUp;
  }

  private async readShards(): Promise<Map<string, ChangeBatch>> {
    try {
      return await this.shards.read();
    } catch (error) {
      if (!(error instanceof ChangesLostError)) throw error;
      await this.publisher.resyncAll(`Writes of orders are lost to the feed. ${error.message}`);
      this.shards.startOver(error.shardId);
      this.shards.open(await this.source.changes.describe());
      return new Map();
    }
  }

  private async save(): Promise<void> {
    const tenants = this.publisher.unsaved();
    const isStillOurs = await this.source.checkpoints.save(this.token, { place: this.shards.view(), tenants });
    if (!isStillOurs) throw new FeedTakenError('Another holder writes the feeds now: one namespace may run the feed.');
    this.publisher.noteSaved(tenants);
    this.isSaved = true;
  }
}

function contentsByTenant(writes: readonly OrderWrite[]): Map<string, FeedContent[]> {
  const tenants = new Map<string, FeedContent[]>();
  for (const write of writes) {
    const known = tenants.get(write.tenantId) ?? [];
    known.push(...contentsOf(write));
    tenants.set(write.tenantId, known);
  }
  return tenants;
}

function contentsOf(write: OrderWrite): FeedContent[] {
  if (!('unreadable' in write)) return noticesOf(write.before, write.after);
  const { orderId, position, unreadable } = write;
  const reason = `A step of order ${orderId} can't be read (${unreadable}).`;
  return [{ kind: 'RESYNC', reason, eventId: `${orderId}:${position}` }];
}
