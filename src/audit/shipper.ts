import type { Clock } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { AuditLogStore, AuditRecord } from '../storage/audit-logs';
import type { BegunCall, SpoolLine } from './spool-segment';
import { SegmentReader } from './spool-segment';
import type { SealedSegment, Spool } from './spool';

/** How long the first record of a batch waits for others. */
const LINGER_MS = 1_000;
const LINES_A_BATCH_MAX = 100;
/** Pauses while the table does not take records: doubling. */
const RETRY_DELAY_MS_MIN = 500;
const RETRY_DELAY_MS_MAX = 30_000;
/** An outage of the table is told of when it has lasted so long. */
const OUTAGE_TOLD_AFTER_MS = 60_000;
/** At the end of a process; the rest is shipped by the next one. */
const CLOSE_LIMIT_MS = 5_000;
/** A file with so much in it is sealed once all of it is shipped, so that it can go. */
const SEALED_WHEN_SHIPPED_BYTES = 262_144;

export interface ShipperParts {
  spool: Spool;
  store: Pick<AuditLogStore, 'append'>;
  clock: Clock;
  logger: Logger;
  /** Called at each attempt while the table has not taken records for long. */
  onOutage(reason: string): void;
  /** A call whose process died before its reply: it becomes a record. */
  onUnanswered(call: BegunCall): void;
}

/** Brings the spool's records to the table, in order, for as long as the process runs. */
export class Shipper {
  private running: Promise<void> | undefined;
  private readonly life = new AbortController();
  private wake: () => void = () => undefined;
  private hasNews = false;
  private isClosing = false;
  private reader: SegmentReader | undefined;
  /** Calls begun in the file that is read, without an end so far. */
  private readonly open = new Map<string, BegunCall>();
  private failingSinceMs: number | undefined;

  constructor(private readonly parts: ShipperParts) {}

  /** Starts shipping, if it has not started. */
  start(): void {
    this.hasNews = true;
    this.running ??= this.run();
    this.wake();
  }

  /** Ships what is left, within CLOSE_LIMIT_MS; what remains stays in the spool. */
  async close(): Promise<void> {
    if (this.running === undefined) return;
    this.isClosing = true;
    this.wake();
    const ended = new AbortController();
    const limit = this.parts.clock.sleep(CLOSE_LIMIT_MS, ended.signal).then(
      () => this.life.abort(new Error('The process ends.')),
      () => undefined,
    );
    await this.running;
    ended.abort();
    await limit;
    await this.reader?.close();
  }

  private async run(): Promise<void> {
    while (!this.life.signal.aborted) {
      try {
        this.hasNews = false;
        if (await this.shipSome()) continue;
        if (this.isClosing) return;
        if (!this.hasNews) await this.untilWoken();
        await this.pause(this.isClosing ? 0 : LINGER_MS);
      } catch (error) {
        this.parts.logger.error({ error: (error as Error).message }, 'A file of the audit spool could not be read.');
        await this.pause(RETRY_DELAY_MS_MAX);
      }
    }
  }

  /** One batch of the oldest file. False when there is nothing to ship now. */
  private async shipSome(): Promise<boolean> {
    const oldest = this.parts.spool.oldest();
    if (oldest === undefined) return false;
    const reader = await this.readerOf(oldest.path);
    const lines = await reader.read(LINES_A_BATCH_MAX);
    if (lines.length > 0) {
      for (const line of lines) this.follow(line);
      const records = lines.flatMap((line) => ('record' in line ? [line.record] : []));
      if (records.length > 0) await this.deliver(records);
      return true;
    }
    // Sealed while we read: what came in between is read first.
    if (oldest.sealed !== undefined) return await this.finish(reader, oldest.sealed);
    if (!this.isClosing && this.parts.spool.bytes < SEALED_WHEN_SHIPPED_BYTES) return false;
    this.parts.spool.seal();
    return true;
  }

  private async readerOf(path: string): Promise<SegmentReader> {
    if (this.reader?.path === path) return this.reader;
    await this.reader?.close();
    this.open.clear();
    this.reader = new SegmentReader(path);
    return this.reader;
  }

  private follow(line: SpoolLine): void {
    if ('begun' in line) this.open.set(line.begun.logId, line.begun);
    else this.open.delete('record' in line ? line.record.logId : line.settled);
  }

  private async finish(reader: SegmentReader, segment: SealedSegment): Promise<boolean> {
    const { spool, logger, onUnanswered } = this.parts;
    if (reader.unreadable > 0) {
      logger.error({ path: reader.path, lines: reader.unreadable }, 'Lines of the audit spool are damaged.');
    }
    if (segment.isLastOfDead) {
      for (const call of [...this.open.values()]) {
        onUnanswered(call);
        spool.settle(segment, call.logId);
      }
    }
    await reader.close();
    this.reader = undefined;
    spool.remove(segment);
    return true;
  }

  /** Again until the table takes them: the store makes a repetition harmless. */
  private async deliver(records: AuditRecord[]): Promise<void> {
    const { store, clock, logger } = this.parts;
    for (let delayMs = RETRY_DELAY_MS_MIN; ; delayMs = Math.min(2 * delayMs, RETRY_DELAY_MS_MAX)) {
      try {
        await store.append(records);
        this.failingSinceMs = undefined;
        return;
      } catch (error) {
        const reason = (error as Error).message;
        this.failingSinceMs ??= clock.now();
        logger.warn({ records: records.length, reason }, 'Audit records wait in the spool.');
        if (clock.now() - this.failingSinceMs >= OUTAGE_TOLD_AFTER_MS) this.parts.onOutage(reason);
        await this.pause(delayMs);
        if (this.life.signal.aborted) return;
      }
    }
  }

  private untilWoken(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }

  private pause(ms: number): Promise<void> {
    return this.parts.clock.sleep(ms, this.life.signal).catch(() => undefined);
  }
}
