import { defaultPayloadConverter } from '@temporalio/common';
import type { HolderReport } from '../../activities/connection-activities';
import { ensureConnection } from '../../src/client/ensure-connection';
import type { Services } from '../../src/composition/services';
import type { SimulatorAddresses } from '../../src/local/simulator';
import type { TemporalClient } from '../../src/temporal/connect-client';
import { connectionWorkflowId } from '../../workflows/connection/contract';
import type { TestAccount } from './account';
import { openTestAccount } from './account';
import { eventually } from './eventually';
import type { TestStack } from './stack';
import { startWorkerProcess, type WorkerProcess } from './worker-process';

const LIVE_LIMIT_MS = 90_000;

/** Accounts whose streams are held by several connection workers. */
export class ConnectionFleet {
  readonly workers: WorkerProcess[] = [];
  readonly accounts: TestAccount[] = [];

  constructor(
    private readonly stack: TestStack,
    private readonly namespace: string,
    private readonly services: Services,
    private readonly temporal: TemporalClient,
  ) {}

  async addWorker(): Promise<WorkerProcess> {
    const worker = await startWorkerProcess(this.stack, 'connection-worker', { namespace: this.namespace });
    this.workers.push(worker);
    return worker;
  }

  /** Opens accounts at each of the simulators, and has their streams held. */
  async openAccounts(simulators: readonly SimulatorAddresses[], accountsEach: number): Promise<void> {
    for (const simulator of simulators)
      for (let i = 0; i < accountsEach; i++) {
        const account = await openTestAccount(this.services, simulator);
        this.accounts.push(account);
        await ensureConnection(this.temporal.client, account.tenantId, account.exchangeId);
      }
  }

  /** How many each worker holds, by process id, once all are live and the condition holds. */
  async untilLive(
    condition: (loads: ReadonlyMap<number, number>) => boolean = () => true,
  ): Promise<Map<number, number>> {
    return await eventually(async () => {
      const loads = new Map<number, number>();
      // One by one: the first that is not live ends the round, and the machine is theirs.
      for (const account of this.accounts) {
        const holder = await this.holderOf(account);
        loads.set(holder, (loads.get(holder) ?? 0) + 1);
      }
      if (!condition(loads)) throw new Error(`The connections are held by ${JSON.stringify([...loads])}.`);
      return loads;
    }, LIVE_LIMIT_MS);
  }

  async stop(): Promise<void> {
    await Promise.all(this.workers.filter(({ running }) => running).map((worker) => worker.stop()));
  }

  private async holderOf({ tenantId, exchangeId }: TestAccount): Promise<number> {
    const workflowId = connectionWorkflowId(tenantId, exchangeId);
    const { raw } = await this.temporal.client.workflow.getHandle(workflowId).describe();
    const [payload] = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads ?? [];
    if (payload === undefined) throw new Error(`Nobody holds the connection of ${tenantId}.`);
    const report = defaultPayloadConverter.fromPayload<HolderReport>(payload);
    if (report.status !== 'LIVE')
      throw new Error(`The connection of ${tenantId} is ${report.status}: ${report.lastError}`);
    return Number(report.holder.split('@')[0]);
  }
}
