import { isoTime } from '../../src/platform/clock';
import type { FeedReport, FeedStatus } from '../feed-activities';
import type { FeedSource } from '../../src/storage/feed';
import type { FeedDeps, FeedLimits } from './feed-deps';
import { FeedFollower, FeedTakenError } from './feed-follower';

/** Keeps the feeds written: follows the orders' writes, and again after a pause when a part of the stack fails. */
export class FeedHolder {
  private follower: FeedFollower | undefined;
  private status: FeedStatus = 'STARTING';
  private since: string;
  private lastError: string | undefined;

  constructor(
    private readonly deps: FeedDeps,
    private readonly limits: FeedLimits,
    private readonly tell: (report: FeedReport) => void,
  ) {
    this.since = isoTime(deps.clock.now());
  }

  /** Returns when `stop` aborts. @throws FeedTakenError when another holder has taken over */
  async hold(stop: AbortSignal): Promise<FeedReport> {
    const source = await this.deps.openFeedSource();
    const ended = new AbortController();
    const heartbeats = this.beat(ended.signal);
    try {
      while (!stop.aborted) await this.followOnce(source, stop);
      return this.report();
    } finally {
      ended.abort(new Error('The holder has ended.'));
      await heartbeats;
      source.close();
    }
  }

  private async followOnce(source: FeedSource, stop: AbortSignal): Promise<void> {
    const { deps, limits } = this;
    try {
      this.follower ??= await FeedFollower.takeOver(source, deps, limits);
      await this.follower.follow(stop, () => this.enter('FOLLOWING'));
    } catch (error) {
      if (error instanceof FeedTakenError) throw error;
      this.lastError = error instanceof Error ? error.message : String(error);
      if (this.status !== 'FAILING') deps.logger.error({ error: this.lastError }, 'The feed is not being written.');
      this.enter('FAILING');
      await deps.clock.sleep(limits.failurePauseMs, stop).catch(() => {});
    }
  }

  private enter(status: FeedStatus): void {
    if (status === this.status) return;
    if (this.status === 'FAILING') this.deps.logger.info({}, 'The feed is being written again.');
    this.status = status;
    this.since = isoTime(this.deps.clock.now());
    this.tell(this.report());
  }

  private async beat(ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      this.tell(this.report());
      await this.deps.clock.sleep(this.limits.heartbeatIntervalMs, ended).catch(() => {});
    }
  }

  private report(): FeedReport {
    const { status, since, lastError } = this;
    const { counters = { messages: 0, resyncs: 0 }, positions = {} } = this.follower?.view() ?? {};
    const { holder } = this.deps;
    return { status, since, holder, counters, positions, ...(lastError !== undefined && { lastError }) };
  }
}
