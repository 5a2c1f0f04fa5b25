import { setTimeout as pause } from 'node:timers/promises';
import type { CrashPointName } from '../../src/platform/crash-points';
import type { TestStack } from '../stack/stack';
import type { WorkerFile, WorkerProcess, WorkerSettings } from '../stack/worker-process';
import { startWorkerProcess } from '../stack/worker-process';

/** Before a process that could not start is started again. */
const RESTART_PAUSE_MS = 500;
/** Failures in a row after which a process is given up: then it is not the trouble, but the process itself. */
const STARTS_MAX = 10;

/** "submit.afterReply#3": the third pass of the point ends the process. */
export type CrashPlan = `${CrashPointName}#${number}`;

/** The crashes that a group of processes is to go through. */
interface CrashPlans {
  readonly plans: readonly CrashPlan[];
  /** One of the processes does all the work, so that whoever does it must have a plan, though another has it too. */
  readonly oneWorks: boolean;
  readonly inUse: CrashPlan[];
}

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
    private readonly settings: Pick<WorkerSettings, 'entry' | 'environment'> = {},
  ) {}

  /** Starts a process for each file and keeps it running; resolves when all poll. Successors take the plans that were not hit yet. */
  async keep(files: readonly WorkerFile[], plans: readonly CrashPlan[] = [], { oneWorks = false } = {}): Promise<void> {
    const crashes = { plans, oneWorks, inUse: [] };
    const places = files.map((file) => new SupervisedPlace(file, crashes, this));
    this.places.push(...places);
    await Promise.all(places.map((place) => place.polling()));
  }

  /** SIGKILL to all at once; resolves when their successors poll. */
  async killAll(): Promise<void> {
    await Promise.all(this.places.map((place) => place.replace()));
  }

  /** Ends the process in one place; its successor starts when it is gone. */
  end(place: number, signal: 'SIGKILL' | 'SIGTERM'): void {
    this.places[place]?.end(signal);
  }

  /** Resolves when a process polls in every place. */
  async polling(): Promise<void> {
    await Promise.all(this.places.map((place) => place.polling()));
  }

  /** The running processes of a kind. */
  processesOf(file: WorkerFile): WorkerProcess[] {
    return this.places.flatMap((place) => (place.file === file && place.process !== undefined ? [place.process] : []));
  }

  async stop(): Promise<void> {
    await Promise.all(this.places.map((place) => place.close()));
  }

  start(file: WorkerFile, crashAt: string): Promise<WorkerProcess> {
    return startWorkerProcess(this.stack, file, { ...this.settings, namespace: this.namespace, crashAt });
  }
}

/** One process after the other. */
class SupervisedPlace {
  process: WorkerProcess | undefined;
  private closed = false;
  private failedStarts = 0;
  /** Asked to end, and maybe still finishing its work. */
  private leaving: WorkerProcess | undefined;
  /** Of the process that runs: whether the test itself ended it. */
  private killed = false;
  private waiting: (() => void)[] = [];
  private readonly running: Promise<void>;

  constructor(
    readonly file: WorkerFile,
    private readonly crashes: CrashPlans,
    private readonly supervisor: Supervisor,
  ) {
    this.running = this.run();
    this.running.catch(() => undefined); // told to whoever waits for it
  }

  /** @throws Error when the process can't be started */
  async polling(): Promise<void> {
    if (this.process !== undefined) return;
    await Promise.race([new Promise<void>((resolve) => this.waiting.push(resolve)), this.running]);
  }

  async replace(): Promise<void> {
    await this.polling();
    this.end('SIGKILL');
    await this.polling();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.end('SIGKILL');
    this.leaving?.kill('SIGKILL');
    await this.running;
  }

  end(signal: 'SIGKILL' | 'SIGTERM'): void {
    if (this.process === undefined) return;
    this.killed = true;
    this.leaving = this.process;
    this.process.kill(signal);
    this.process = undefined;
  }

  private async run(): Promise<void> {
    while (!this.closed) {
      const plan = this.nextPlan();
      if (plan !== undefined) this.crashes.inUse.push(plan);
      await this.runOne(plan);
      if (plan !== undefined) this.crashes.inUse.splice(this.crashes.inUse.indexOf(plan), 1);
    }
  }

  private async runOne(plan: CrashPlan | undefined): Promise<void> {
    const started = await this.supervisor.start(this.file, plan ?? '').catch(() => undefined);
    if (started === undefined) {
      this.failedStarts += 1;
      if (this.failedStarts >= STARTS_MAX) throw new Error(`${this.file} could not be started ${STARTS_MAX} times.`);
      return await pause(RESTART_PAUSE_MS);
    }
    this.failedStarts = 0;
    this.killed = false;
    if (this.closed) started.kill('SIGKILL');
    else this.announce(started);
    const { code, signal } = await started.ended;
    this.process = undefined;
    if (this.closed || this.killed) return;
    if (signal === 'SIGKILL' && plan !== undefined) this.countHit(plan);
    else this.supervisor.unexpected.push(`${this.file} ended with ${signal ?? code}`);
  }

  private nextPlan(): CrashPlan | undefined {
    const { plans, inUse, oneWorks } = this.crashes;
    const open = plans.filter((plan) => this.supervisor.hits[pointOf(plan)] === undefined);
    return open.find((plan) => !inUse.includes(plan)) ?? (oneWorks ? open[0] : undefined);
  }

  private announce(started: WorkerProcess): void {
    this.process = started;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private countHit(plan: CrashPlan): void {
    const { hits } = this.supervisor;
    hits[pointOf(plan)] = (hits[pointOf(plan)] ?? 0) + 1;
  }
}

function pointOf(plan: CrashPlan): CrashPointName {
  return plan.split('#')[0] as CrashPointName;
}
