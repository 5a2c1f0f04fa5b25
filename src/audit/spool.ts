import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../platform/clock';
import type { Logger } from '../platform/logger';
import { identify, isRunning } from '../platform/process-identity';
import type { Random } from '../platform/random';
import type { AuditRecord, ChainLink } from '../storage/audit-logs';
import { Chains } from './chains';
import { type BegunCall, removeSegment, segmentPath, SegmentWriter, type SpoolLine } from './spool-segment';

/** What is written reaches the disk this much later at most: all that a loss of power can take. A kill takes nothing. */
export const SYNC_INTERVAL_MS = 100;
const SEGMENT_BYTES_MAX = 4 * 1024 * 1024;
/** Of this process, with what it took over: about a million calls. */
export const SPOOL_BYTES_MAX = 512 * 1024 * 1024;
/** A process at work writes more often: files of other owners that are older may be nobody's any more. */
export const ABANDONED_AFTER_MS = 3_600_000;
/** Calls under way that are remembered; more than all transports of a process let through at once. */
const OPEN_CALLS_MAX = 10_000;

export interface SpoolOptions {
  directory: string;
  /** A name that outlives the host's, whose files are taken over instead of the host's. */
  owner?: string;
  clock: Clock;
  random: Random;
  logger: Logger;
  bytesMax?: number;
  segmentBytesMax?: number;
  /** Called for each entry that can't be kept, with the reason. */
  onTrouble(reason: string): void;
  /** Called after each entry. */
  onAppend(): void;
}

/** A file of the spool that is complete, with the calls that its process may have left without an end. */
export interface SealedSegment {
  path: string;
  bytes: number;
  /** The last of a process that has died. */
  isLastOfDead: boolean;
}

/**
 * The local end of the audit trail: files of JSON lines in which an entry stands before anybody goes on, and from which
 * it is shipped to the table. Each process writes files of its own; those of a process that died are taken over.
 */
export class Spool {
  private readonly owner: string;
  private readonly writerId: string;
  private readonly chains: Chains;
  private readonly openCalls = new Map<string, BegunCall>();
  private readonly sealed: SealedSegment[] = [];
  private active: SegmentWriter | undefined;
  private segments = 0;
  private syncTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: SpoolOptions) {
    const { pid, bornAt = '' } = identify(process.pid);
    this.owner = [options.owner ?? hostname(), String(pid), bornAt].map(fileNamePart).join('~');
    this.writerId = options.random.uuid();
    this.chains = new Chains(() => options.random.uuid());
  }

  /** Notes a call before it is sent: if this process dies before its end, whoever takes over knows of it. */
  begin(call: BegunCall): void {
    if (this.openCalls.size >= OPEN_CALLS_MAX) return;
    this.openCalls.set(call.logId, call);
    this.write({ begun: call });
  }

  /** Links the record into its chain and writes it. Never throws: what can't be kept is counted, and told. */
  append(record: Omit<AuditRecord, keyof ChainLink>): void {
    const linked = this.chains.link(record);
    this.openCalls.delete(record.logId);
    if (this.write({ record: linked })) this.chains.keep(linked);
    else this.chains.lose(record);
    this.options.onAppend();
  }

  /** The files to ship, the oldest first; the one that is being written last. */
  oldest(): { path: string; sealed?: SealedSegment } | undefined {
    const [sealed] = this.sealed;
    if (sealed !== undefined) return { path: sealed.path, sealed };
    return this.active && { path: this.active.path };
  }

  get bytes(): number {
    return this.sealed.reduce((sum, { bytes }) => sum + bytes, this.active?.bytes ?? 0);
  }

  /** Ends the file that is being written, so that it can be removed once it is shipped. */
  seal(): void {
    const { active } = this;
    if (active === undefined) return;
    active.close();
    this.active = undefined;
    this.sealed.push({ path: active.path, bytes: active.bytes, isLastOfDead: false });
  }

  remove(segment: SealedSegment): void {
    removeSegment(segment.path);
    this.sealed.splice(this.sealed.indexOf(segment), 1);
  }

  /** Marks a call that a dead process left open as recorded. */
  settle({ path }: SealedSegment, logId: string): void {
    const writer = new SegmentWriter(path, statSync(path).size);
    writer.append({ settled: logId });
    writer.close();
  }

  /** Takes over the files of processes of this host, or owner, that have died. Whoever renames a file first has it. */
  adopt(): SealedSegment[] {
    const { directory } = this.options;
    mkdirSync(directory, { recursive: true });
    const adopted = readdirSync(directory).flatMap((name) => {
      const { owner, segment } = SEGMENT_NAME.exec(name)?.groups ?? {};
      if (owner === undefined || segment === undefined) return [];
      return owner !== this.owner && this.isOurs(owner) && isDead(owner) ? this.takeOver(owner, segment) : [];
    });
    const sorted = adopted.sort((a, b) => (a.path < b.path ? -1 : 1));
    const segments = sorted.map((segment, index) => ({
      ...segment,
      isLastOfDead: writerOf(segment.path) !== writerOf(sorted[index + 1]?.path ?? ''),
    }));
    this.sealed.unshift(...segments);
    return segments;
  }

  /** The names of other owners' files that nobody has written to for long: whether those have died can't be seen here. */
  abandoned(): string[] {
    const { directory, clock } = this.options;
    const sinceMs = clock.now() - ABANDONED_AFTER_MS;
    return readdirSync(directory).filter((name) => {
      const { owner } = SEGMENT_NAME.exec(name)?.groups ?? {};
      if (owner === undefined || this.isOurs(owner)) return false;
      const file = statSync(join(directory, name), { throwIfNoEntry: false });
      return file !== undefined && file.mtimeMs < sinceMs;
    });
  }

  close(): void {
    clearInterval(this.syncTimer);
    this.seal();
  }

  /** Hosts, and owners, share nothing: a file of another one is left to it. */
  private isOurs(owner: string): boolean {
    return hostOf(owner) === hostOf(this.owner);
  }

  private takeOver(owner: string, segment: string): SealedSegment[] {
    const { directory, logger } = this.options;
    const path = segmentPath(directory, this.owner, segment);
    try {
      renameSync(segmentPath(directory, owner, segment), path);
      return [{ path, bytes: statSync(path).size, isLastOfDead: false }];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // another process was faster
      logger.error({ path, error: (error as Error).message }, 'A file of the audit spool could not be taken over.');
      return [];
    }
  }

  private write(line: SpoolLine): boolean {
    try {
      const { bytesMax = SPOOL_BYTES_MAX } = this.options;
      if (this.bytes >= bytesMax) throw new Error(`the spool is full (${bytesMax} bytes)`);
      this.segment().append(line);
      return true;
    } catch (error) {
      this.options.onTrouble((error as Error).message);
      return false;
    }
  }

  /** The file to write to. A new one begins with the calls under way, so that the last file of a process names them all. */
  private segment(): SegmentWriter {
    const { directory, segmentBytesMax = SEGMENT_BYTES_MAX } = this.options;
    if (this.active !== undefined && this.active.bytes < segmentBytesMax) return this.active;
    this.seal();
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.segments += 1;
    const number = String(this.segments).padStart(8, '0');
    this.active = new SegmentWriter(segmentPath(directory, this.owner, `${this.writerId}-${number}`), 0);
    for (const begun of this.openCalls.values()) this.active.append({ begun });
    this.syncTimer ??= setInterval(() => this.sync(), SYNC_INTERVAL_MS).unref();
    return this.active;
  }

  private sync(): void {
    this.active?.sync((error) => this.options.onTrouble(error.message));
  }
}

const SEGMENT_NAME = /^(?<owner>[^.]+)\.(?<segment>[0-9a-f-]+-\d{8})\.jsonl$/;

function fileNamePart(text: string): string {
  return encodeURIComponent(text).replace(/[.~]/g, '_');
}

function hostOf(owner: string): string | undefined {
  return owner.split('~')[0];
}

/** Of a process of this host. */
function isDead(owner: string): boolean {
  const [, pid, bornAt] = owner.split('~');
  if (pid === undefined) return false;
  const now = identify(Number(pid));
  return !isRunning(now) || fileNamePart(now.bornAt ?? '') !== bornAt;
}

function writerOf(path: string): string {
  return path.slice(0, -'-00000001.jsonl'.length);
}
