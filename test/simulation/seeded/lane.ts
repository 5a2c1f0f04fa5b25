import { join } from 'node:path';
import type { SimulatedWaits } from '../../../src/platform/simulated-waits';
import { connectionWorkflowId } from '../../../workflows/connection/contract';
import { freshNamespace } from '../../stack/namespace';
import type { TestStack } from '../../stack/stack';
import { Desk, type DeskPlace } from '../desk';
import { startOwnSimulator } from '../own-simulator';
import { Supervisor } from '../supervisor';
import type { Plant } from './planted-bugs';
import type { Verdict } from './run';
import { SeededRun } from './run';
import { drawSchedule } from './schedule';

/** So short that trouble and recovery fit into seconds, and longer than what a busy machine takes for a call. */
const WAITS: SimulatedWaits = {
  sendWindowMs: 1_500,
  clockDifferenceMs: 50,
  recvWindowMs: 1_000,
  readDelayMs: 50,
  replyTimeoutMs: 1_500,
  sweepIntervalMs: 1_000,
  orphanCheckIntervalMs: 2_000,
  orphanAgeMinMs: 500,
  reconnectDelayMs: 1_000,
};

export interface LaneOptions {
  /** Tells lanes of one stack apart: each has a Redis database of its own, where bans are remembered. */
  number: number;
  plant?: Plant;
}

/** A verdict, with what came of each deed. */
export type Report = Verdict & { outcomes: string[] };

/** Where seeds are run one after the other: an exchange, two workers and a namespace that stay up between them. */
export class Lane {
  private constructor(
    private readonly place: DeskPlace,
    private readonly supervisor: Supervisor,
    private readonly stopSimulator: () => Promise<void>,
  ) {}

  static async open(stack: TestStack, { number, plant }: LaneOptions): Promise<Lane> {
    const own = { ...stack, redisUrl: `${stack.redisUrl}/${number + 1}` };
    const [namespace, { simulator, stop }] = await Promise.all([
      freshNamespace(stack.temporalAddress, 'seeds'),
      startOwnSimulator(number),
    ]);
    const supervisor = new Supervisor(own, namespace, {
      environment: { SIMULATED_WAITS: JSON.stringify(WAITS), ...(plant !== undefined && { PLANT: plant }) },
      ...(plant !== undefined && { entry: join(__dirname, 'planted-worker.ts') }),
    });
    await supervisor.keep(['all-workers', 'all-workers']);
    return new Lane({ stack: own, namespace, simulator }, supervisor, stop);
  }

  async run(seed: number, orders: number): Promise<Report> {
    const schedule = drawSchedule(seed, orders);
    const desk = await Desk.open(this.place, schedule.registration);
    try {
      const run = new SeededRun(desk, this.supervisor, schedule);
      const verdict = await run.run();
      return { ...verdict, outcomes: run.describeOutcomes() };
    } finally {
      await desk.client.workflow.getHandle(connectionWorkflowId(desk.tenantId, 'BINANCE')).cancel();
      await desk.close();
    }
  }

  async close(): Promise<void> {
    await this.supervisor.stop();
    await this.stopSimulator();
  }
}
