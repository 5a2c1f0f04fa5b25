import { closeSync, fdatasync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditRecord } from '../storage/audit-logs';

/** A call that has been sent, as far as it is known before its reply. */
export type BegunCall = Omit<
  AuditRecord,
  'responsePayload' | 'latencyMs' | 'success' | 'sequence' | 'previousHash' | 'hash' | 'chainId' | 'lostBefore'
>;

/** One line of a spool file. */
export type SpoolLine = { begun: BegunCall } | { record: AuditRecord } | { settled: string };

const PRIVATE = 0o600;
const READ_BYTES = 262_144;
const LINE_END = 0x0a;

/** One file of the spool while it is written: whole lines only, also when the disk is full. */
export class SegmentWriter {
  private isDirty = false;
  private readonly file: number;

  /** `bytes`: what the file holds already. */
  constructor(
    readonly path: string,
    public bytes: number,
  ) {
    this.file = openSync(path, 'a', PRIVATE);
  }

  /** @throws Error of the file system; nothing of the line is left then */
  append(line: SpoolLine): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`, 'utf8');
    try {
      const written = writeSync(this.file, bytes);
      if (written < bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes could be written`);
    } catch (error) {
      ftruncateSync(this.file, this.bytes);
      throw error;
    }
    this.bytes += bytes.length;
    this.isDirty = true;
  }

  /** Brings what was written since the last call to the disk; without a wait. */
  sync(report: (error: Error) => void): void {
    if (!this.isDirty) return;
    this.isDirty = false;
    fdatasync(this.file, (error) => {
      if (error !== null && error.code !== 'EBADF') report(error); // EBADF: shipped and removed meanwhile
    });
  }

  /** Its content reaches the disk after this returns. */
  close(): void {
    fdatasync(this.file, () => closeSync(this.file));
  }
}

/** Reads a file of the spool from its beginning, also while it is written. */
export class SegmentReader {
  private offset = 0;
  private handle: FileHandle | undefined;
  private rest: SpoolLine[] = [];
  /** Lines that are no lines of ours: damaged, or cut off by a failing disk. */
  unreadable = 0;

  constructor(readonly path: string) {}

  /** The next whole lines, `max` at most; none at the end of what is written so far. */
  async read(max: number): Promise<SpoolLine[]> {
    if (this.rest.length === 0) this.rest = await this.readChunk(READ_BYTES);
    return this.rest.splice(0, max);
  }

  async close(): Promise<void> {
    await this.handle?.close();
    this.handle = undefined;
  }

  /** A line that does not fit is read again with twice the room. */
  private async readChunk(size: number): Promise<SpoolLine[]> {
    this.handle ??= await open(this.path, 'r');
    const { buffer, bytesRead } = await this.handle.read(Buffer.alloc(size), 0, size, this.offset);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(LINE_END) + 1;
    if (end === 0) return bytesRead === size ? await this.readChunk(2 * size) : [];
    this.offset += end;
    const lines = buffer
      .toString('utf8', 0, end - 1)
      .split('\n')
      .map(parseLine);
    this.unreadable += lines.filter((line) => line === undefined).length;
    return lines.filter((line) => line !== undefined);
  }
}

export function removeSegment(path: string): void {
  rmSync(path, { force: true });
}

export function segmentPath(directory: string, owner: string, segment: string): string {
  return join(directory, `${owner}.${segment}.jsonl`);
}

function parseLine(text: string): SpoolLine | undefined {
  try {
    return JSON.parse(text) as SpoolLine;
  } catch {
    return undefined;
  }
}
