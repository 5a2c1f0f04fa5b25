import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../platform/clock';
import { LocalStackError } from './local-stack-error';
import { lastLogLines } from './log-tail';
import { PART_TITLES, type PartName, type PartProgress } from './options';
import { requireFreePort, type PortNeed } from './ports';
import type { Environment } from './programs';
import { signalGroup, type Watchdog } from './watchdog';

const PROBE_EVERY_MS = 50;
/** For a part that runs elsewhere, which is there already or not. */
const EXTERNAL_LIMIT_MS = 5_000;
/** For a part that was asked to stop; then it is killed. */
const STOP_LIMIT_MS = 10_000;

/** A program to run. */
export interface PartCommand {
  command: string;
  args: readonly string[];
  environment: Environment;
}

/** One part of the stack: how to get it, run it and see that it serves. */
export interface PartDefinition {
  name: PartName;
  /** Where it serves, for people. */
  address: string;
  /** The address in the environment under which it runs elsewhere: then it is only probed. */
  externalVariable?: string;
  ports: readonly PortNeed[];
  /** How long it may take from spawn to the first successful probe. */
  startLimitMs: number;
  logFile: string;
  /** The program's working directory. */
  directory: string;
  /** Finds, downloads or builds the program. */
  prepare(report: (detail: string) => void): Promise<PartCommand>;
  /** Resolves when the part serves; rejects with the reason why it doesn't yet. */
  probe(): Promise<void>;
}

export interface PartSurroundings {
  watchdog: Watchdog;
  clock: Clock;
  signal: AbortSignal;
  onPart(progress: PartProgress): void;
}

/** A part that can be started, stopped, killed and started again, by itself. */
export class Part {
  private child: ChildProcess | undefined;
  private stopping = false;
  /** Of the last start or stop that was asked for. */
  private askedAtMs = 0;

  constructor(
    private readonly definition: PartDefinition,
    private readonly surroundings: PartSurroundings,
  ) {}

  get name(): PartName {
    return this.definition.name;
  }

  /** Undefined while it isn't running, and for one that runs elsewhere. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  private get title(): string {
    return PART_TITLES[this.name];
  }

  get logFile(): string {
    return this.definition.logFile;
  }

  /**
   * Resolves when the part serves. Does nothing to one that runs.
   * @throws LocalStackError when it is missing, its port is taken, it dies or it takes too long.
   */
  async start(): Promise<void> {
    if (this.child) return;
    this.askedAtMs = this.surroundings.clock.now();
    if (this.definition.externalVariable) return this.awaitExternal();
    this.tell('preparing', '');
    const command = await this.definition.prepare((detail) => this.tell('preparing', detail));
    for (const need of this.definition.ports) await requireFreePort(this.title, need);
    this.surroundings.signal.throwIfAborted();
    this.tell('starting', '');
    this.spawn(command);
    await this.awaitReady();
    this.tell('ready', this.definition.address);
  }

  /** Asks it to stop, and kills it when it takes too long. */
  async stop(): Promise<void> {
    const child = this.child;
    if (!child) return;
    this.askedAtMs = this.surroundings.clock.now();
    this.stopping = true;
    this.tell('stopping', '');
    const ended = endOf(child);
    signalGroup(child, 'SIGTERM');
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(timer);
    this.tell('stopped', '');
  }

  /** Ends it the hard way, as a crash would: for tests of what happens then. */
  async kill(): Promise<void> {
    const child = this.child;
    if (!child) return;
    this.stopping = true;
    const ended = endOf(child);
    signalGroup(child, 'SIGKILL');
    await ended;
  }

  private spawn(command: PartCommand): void {
    const { logFile, directory } = this.definition;
    const log = openLog(logFile);
    const child = this.surroundings.watchdog.spawn({ ...command, directory, stdout: log, stderr: log });
    closeSync(log);
    this.child = child;
    this.stopping = false;
    let served = false;
    this.markServed = () => (served = true);
    child.once('exit', (code, signal) => {
      this.child = undefined;
      if (!this.stopping && served) this.tell('died', `${ending(code, signal)}: ${lastLogLines(logFile)}`);
    });
  }

  /** From then on its end is news by itself; before, it is the failure of start(). */
  private markServed: () => void = () => undefined;

  private async awaitReady(): Promise<void> {
    const { startLimitMs, logFile } = this.definition;
    const child = this.child;
    let ended: string | undefined;
    child?.once('exit', (code, signal) => (ended = ending(code, signal)));
    const reason = await this.probeUntil(startLimitMs, () => ended !== undefined);
    if (reason === undefined) return this.markServed();
    if (ended)
      throw new LocalStackError(
        `${this.title} ended while it was starting (${ended}): ${lastLogLines(logFile)} (all of it: ${logFile})`,
      );
    await this.kill();
    throw new LocalStackError(
      `${this.title} did not serve within ${startLimitMs / 1000} s (${reason}): ${lastLogLines(logFile)} (all of it: ${logFile})`,
    );
  }

  private async awaitExternal(): Promise<void> {
    const { address, externalVariable } = this.definition;
    const reason = await this.probeUntil(EXTERNAL_LIMIT_MS, () => false);
    if (reason === undefined) return this.tell('ready', `${address} (${externalVariable})`);
    throw new LocalStackError(
      `${this.title} does not answer at ${address}, which ${externalVariable} names (${reason}): start it there, or unset ${externalVariable} to have one started.`,
    );
  }

  /** Undefined once a probe succeeds; else why the last one failed. */
  private async probeUntil(limitMs: number, gaveUp: () => boolean): Promise<string | undefined> {
    const { clock, signal } = this.surroundings;
    const giveUpAtMs = clock.now() + limitMs;
    for (;;) {
      const reason = await this.definition.probe().then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      if (gaveUp()) return reason ?? 'it ended';
      if (reason === undefined || clock.now() > giveUpAtMs) return reason;
      await clock.sleep(PROBE_EVERY_MS, signal);
    }
  }

  private tell(state: PartProgress['state'], detail: string): void {
    const elapsedMs = this.surroundings.clock.now() - this.askedAtMs;
    this.surroundings.onPart({ part: this.name, state, detail, elapsedMs });
  }
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

function ending(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ? `killed by ${signal}` : `exit code ${code}`;
}

/** A fresh log; the one before it stays beside it. */
function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path)) renameSync(path, `${path}.1`);
  return openSync(path, 'a');
}
