import { setTimeout as pause } from 'node:timers/promises';
import type { CrashPointName } from '../../src/platform/crash-points';
import type { TestStack } from '../stack/stack';
import type { WorkerFile, WorkerProcess } from '../stack/worker-process';
import { startWorkerProcess } from '../stack/worker-process';

/** Before a process that could not start is started again. */
const RESTART_PAUSE_MS = 500;

/** "submit.afterReply#3": the third pass of the point ends the process. */
export type CrashPlan = `${CrashPointName}#${number}`;

/** Keeps worker processes running, as a process manager does: whichever ends is started again. Counts the crashes. */
export class Supervisor {
  /** How often a process was ended at each crash point. */
  readonly hits: Partial<Record<CrashPointName, number>> = {};
  /** Ends that were neither planned nor brought about by the test. */
  readonly unexpected: string[] = [];
  private readonly places: SupervisedPlace[] = [];

  constructor(
    private readonly stack: TestStack,
    private readonly namespace: string,
  ) {}

  /** Starts a process for each file and keeps it running; resolves when all poll. Successors take the plans that are left. */
  async keep(files: readonly WorkerFile[], plans: readonly CrashPlan[] = []): Promise<void> {
    const left = [...plans];
    const places = files.map((file) => new SupervisedPlace(file, (crashAt) => this.start(file, crashAt), left, this));
    this.places.push(...places);
    await Promise.all(places.map((place) => place.polling()));
  }

  /** SIGKILL to all at once; resolves when their successors poll. */
  async killAll(): Promise<void> {
    await Promise.all(this.places.map((place) => place.replace()));
  }

  /** The running processes of a kind. */
  processesOf(file: WorkerFile): WorkerProcess[] {
    return this.places.flatMap((place) => (place.file === file && place.process !== undefined ? [place.process] : []));
  }

  async stop(): Promise<void> {
    await Promise.all(this.places.map((place) => place.close()));
  }

  private start(file: WorkerFile, crashAt: string): Promise<WorkerProcess> {
    return startWorkerProcess(this.stack, file, { namespace: this.namespace, crashAt });
  }
}

/** One process after the other. */
class SupervisedPlace {
  process: WorkerProcess | undefined;
  private closed = false;
  /** Of the process that runs: whether the test itself ended it. */
  private killed = false;
  private waiting: (() => void)[] = [];
  private readonly running: Promise<void>;

  constructor(
    readonly file: WorkerFile,
    private readonly start: (crashAt: string) => Promise<WorkerProcess>,
    private readonly plans: CrashPlan[],
    private readonly log: Pick<Supervisor, 'hits' | 'unexpected'>,
  ) {
    this.running = this.run();
  }

  async polling(): Promise<void> {
    if (this.process === undefined) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  async replace(): Promise<void> {
    await this.polling();
    this.kill();
    await this.polling();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.kill();
    await this.running;
  }

  private kill(): void {
    this.killed = true;
    this.process?.kill('SIGKILL');
    this.process = undefined;
  }

  private async run(): Promise<void> {
    while (!this.closed) {
      const plan = this.plans.shift();
      const started = await this.start(plan ?? '').catch(() => undefined);
      if (started === undefined) {
        await pause(RESTART_PAUSE_MS);
        continue;
      }
      this.killed = false;
      if (this.closed) started.kill('SIGKILL');
      else this.announce(started);
      const { code, signal } = await started.ended;
      this.process = undefined;
      if (this.closed || this.killed) continue;
      if (signal === 'SIGKILL' && plan !== undefined) this.countHit(plan);
      else this.log.unexpected.push(`${this.file} ended with ${signal ?? code}`);
    }
  }

  private announce(started: WorkerProcess): void {
    this.process = started;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private countHit(plan: CrashPlan): void {
    const point = plan.split('#')[0] as CrashPointName;
    this.log.hits[point] = (this.log.hits[point] ?? 0) + 1;
  }
}
