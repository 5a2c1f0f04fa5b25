import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Command } from './commands';
import type { StoredEngine } from './matching-engine';

const SNAPSHOT_VERSION = 1;

interface Snapshot {
  readonly version: number;
  /** Commands up to this number are part of it. */
  readonly sequence: number;
  readonly state: StoredEngine;
}

interface Line {
  readonly sequence: number;
  readonly command: Command;
}

/**
 * The book on disk: a snapshot, and the commands since it, one JSON line each. A line is with the operating system
 * before its reply goes out, so that the death of the process loses nothing; a power cut may (no fsync per line).
 */
export class Journal {
  #sequence = 0;
  #sinceSnapshot = 0;

  private constructor(
    readonly directory: string,
    readonly descriptor: number,
  ) {}

  /**
   * Opens or creates the journal of `directory` and hands what it holds to the two callbacks, oldest first. A last
   * line that was cut off by a crash is dropped: it was never replied to.
   * @throws Error when the snapshot is of another version or a line in the middle can't be read
   */
  static open(directory: string, restore: (state: StoredEngine) => void, replay: (command: Command) => void): Journal {
    mkdirSync(directory, { recursive: true });
    const descriptor = openSync(join(directory, 'journal.jsonl'), 'a+');
    const journal = new Journal(directory, descriptor);
    const snapshot = journal.#readSnapshot();
    if (snapshot !== undefined) {
      restore(snapshot.state);
      journal.#sequence = snapshot.sequence;
    }
    for (const { sequence, command } of journal.#readLines()) {
      if (sequence <= journal.#sequence) continue;
      replay(command);
      journal.#sequence = sequence;
      journal.#sinceSnapshot += 1;
    }
    return journal;
  }

  /** Commands written since the last snapshot. */
  get length(): number {
    return this.#sinceSnapshot;
  }

  append(command: Command): void {
    this.#sequence += 1;
    this.#sinceSnapshot += 1;
    const line: Line = { sequence: this.#sequence, command };
    writeSync(this.descriptor, `${JSON.stringify(line)}\n`);
  }

  /** Replaces all commands so far by the state that they led to. A crash in between leaves both, which is harmless. */
  compact(state: StoredEngine): void {
    const snapshot: Snapshot = { version: SNAPSHOT_VERSION, sequence: this.#sequence, state };
    const path = this.#snapshotPath();
    const draft = openSync(`${path}.draft`, 'w');
    writeFileSync(draft, JSON.stringify(snapshot));
    fsyncSync(draft);
    closeSync(draft);
    renameSync(`${path}.draft`, path);
    ftruncateSync(this.descriptor);
    this.#sinceSnapshot = 0;
  }

  close(): void {
    closeSync(this.descriptor);
  }

  #snapshotPath(): string {
    return join(this.directory, 'snapshot.json');
  }

  #readSnapshot(): Snapshot | undefined {
    const path = this.#snapshotPath();
    if (!existsSync(path)) return undefined;
    const snapshot = JSON.parse(readFileSync(path, 'utf8')) as Snapshot;
    if (snapshot.version !== SNAPSHOT_VERSION) {
      throw new Error(
        `${path} has version ${snapshot.version}, this simulator reads ${SNAPSHOT_VERSION}: delete its directory to start anew.`,
      );
    }
    return snapshot;
  }

  #readLines(): Line[] {
    const text = readFileSync(join(this.directory, 'journal.jsonl'), 'utf8');
    const complete = text.slice(0, text.lastIndexOf('\n') + 1);
    if (complete.length < text.length) ftruncateSync(this.descriptor, Buffer.byteLength(complete));
    return complete
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }
}
