import { ServiceError } from '../../src/domain/errors';
import type { FeedMessage, NamedNotice, ResyncNeeded } from '../../src/domain/feed';
import { SEQUENCE_MAX } from '../../src/domain/feed';
import type { FeedWriter } from '../../src/storage/feed';

/** A message before it has its place. */
export type FeedContent = NamedNotice | (ResyncNeeded & { eventId: string });

/** More than was given out since the sequences were saved last: where a feed goes on whose end was lost. */
const SEQUENCE_JUMP = 1_000_000;
/** Each attempt but the last met another end of the feed than the one before. */
const ATTEMPTS_MAX = 5;

/**
 * Gives messages their place in the feeds. It knows where each feed ended, and Redis appends only there: a feed that
 * has lost its end is noticed, and its readers are told.
 */
export class FeedPublisher {
  private readonly saved: Map<string, number>;
  readonly counters = { messages: 0, resyncs: 0 };

  /** `ends`: the last sequence of each tenant, as far as is known. `confirm` throws when another writes the feeds now. */
  constructor(
    private readonly writer: FeedWriter,
    private readonly ends: Map<string, number>,
    private readonly limits: { messagesPerAppendMax: number },
    private readonly confirm: () => Promise<void>,
  ) {
    this.saved = new Map(ends);
  }

  async publish(tenantId: string, contents: readonly FeedContent[]): Promise<void> {
    const { messagesPerAppendMax } = this.limits;
    for (let start = 0; start < contents.length; start += messagesPerAppendMax)
      await this.append(tenantId, contents.slice(start, start + messagesPerAppendMax));
  }

  /** Looks where every feed ends, and tells the readers of those whose end is lost. */
  async audit(): Promise<void> {
    await Promise.all(
      [...this.ends.keys()].map(async (tenantId) => this.goOnFrom(tenantId, await this.writer.last(tenantId))),
    );
  }

  /** Tells the readers of every feed. */
  async resyncAll(reason: string): Promise<void> {
    await Promise.all([...this.ends.keys()].map((tenantId) => this.resync(tenantId, reason)));
  }

  /** The ends of the feeds that are not saved yet. */
  unsaved(): Map<string, number> {
    return new Map([...this.ends].filter(([tenantId, end]) => this.saved.get(tenantId) !== end));
  }

  noteSaved(ends: ReadonlyMap<string, number>): void {
    for (const [tenantId, end] of ends) this.saved.set(tenantId, end);
  }

  private async append(tenantId: string, contents: readonly FeedContent[]): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const end = this.endOf(tenantId);
      const messages = placed(tenantId, contents, end + 1);
      const { appended, last } = await this.writer.append(tenantId, end, messages);
      if (appended) return this.note(tenantId, messages);
      await this.goOnFrom(tenantId, last);
    }
    throw moved(tenantId);
  }

  /**
   * Further than known: somebody appended, which is this holder, whose reply was lost, or one before it; or one that has
   * taken over. Less far: Redis was emptied, or a replica that lagged has taken its place.
   */
  private async goOnFrom(tenantId: string, last: number): Promise<void> {
    const end = this.endOf(tenantId);
    if (last === end) return;
    await this.confirm();
    if (last > end) this.ends.set(tenantId, last);
    else await this.resync(tenantId, `Redis has lost messages: the feed ended with ${end}, now with ${last}.`, last);
  }

  private async resync(tenantId: string, reason: string, last = this.endOf(tenantId)): Promise<void> {
    const sequence = Math.max(this.endOf(tenantId), last) + SEQUENCE_JUMP;
    if (sequence > SEQUENCE_MAX)
      throw new ServiceError('DEPENDENCY_UNAVAILABLE', `The feed of ${tenantId} is out of numbers.`);
    const messages = placed(tenantId, [{ kind: 'RESYNC', reason, eventId: `resync:${sequence}` }], sequence);
    const { appended } = await this.writer.append(tenantId, last, messages);
    if (!appended) throw moved(tenantId);
    this.note(tenantId, messages);
  }

  private note(tenantId: string, messages: readonly FeedMessage[]): void {
    this.ends.set(tenantId, messages.at(-1)?.sequence ?? this.endOf(tenantId));
    this.counters.messages += messages.length;
    this.counters.resyncs += messages.filter(({ kind }) => kind === 'RESYNC').length;
  }

  private endOf(tenantId: string): number {
    return this.ends.get(tenantId) ?? 0;
  }
}

function placed(tenantId: string, contents: readonly FeedContent[], first: number): FeedMessage[] {
  return contents.map((content, place) => ({ schemaVersion: 1, sequence: first + place, tenantId, ...content }));
}

function moved(tenantId: string): ServiceError {
  return new ServiceError('DEPENDENCY_UNAVAILABLE', `The feed of ${tenantId} is being appended to by somebody else.`);
}
