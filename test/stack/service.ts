import { ensureConnection } from '../../src/client/ensure-connection';
import type { ManualInterventionService } from '../../src/client/manual-intervention';
import { createManualInterventionService } from '../../src/client/manual-intervention';
import type { OrderManager } from '../../src/client/order-manager';
import { createOrderManager } from '../../src/client/order-manager';
import type { Services } from '../../src/composition/services';
import { openServices } from '../../src/composition/services';
import { systemClock } from '../../src/platform/clock';
import { noCrashPoint } from '../../src/platform/crash-points';
import { parseEnvironment } from '../../src/platform/environment';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import type { TemporalClient } from '../../src/temporal/connect-client';
import { connectClient } from '../../src/temporal/connect-client';
import type { TestAccount } from './account';
import { openTestAccount } from './account';
import type { TestStack } from './stack';
import type { WorkerProcess } from './worker-process';
import { serviceEnvironment, startWorkerProcess, type WorkerSettings } from './worker-process';

export interface AccountOptions {
  connected?: boolean;
  /** What its registration has beside the simulator's addresses. */
  registration?: Parameters<typeof openTestAccount>[2];
}

/** The whole service on the test stack: its workers in a process of their own, and what a client stands on. */
export interface TestService {
  services: Services;
  temporal: TemporalClient;
  orderManager: OrderManager;
  interventions: ManualInterventionService;
  worker: WorkerProcess;
  /** A fresh tenant with an account at simulated Binance; with `connected`, its stream is being held. */
  openAccount(options?: AccountOptions): Promise<TestAccount>;
  stop(): Promise<void>;
}

export async function startService(stack: TestStack, worker: WorkerSettings = {}): Promise<TestService> {
  const { namespace = '' } = worker;
  const settings = parseEnvironment({ ...serviceEnvironment(stack), TEMPORAL_NAMESPACE: namespace });
  const surroundings = { clock: systemClock, random: systemRandom, logger: silentLogger, crashPoint: noCrashPoint };
  const [services, temporal, workerProcess] = await Promise.all([
    openServices(settings, surroundings),
    connectClient(settings),
    startWorkerProcess(stack, 'all-workers', worker),
  ]);
  return {
    services,
    temporal,
    worker: workerProcess,
    orderManager: createOrderManager({ ...services, client: temporal.client }),
    interventions: createManualInterventionService({ ...services, client: temporal.client }),
    openAccount: async ({ connected = true, registration } = {}) => {
      const account = await openTestAccount(services, stack.simulator, registration);
      if (connected) await ensureConnection(temporal.client, account.tenantId, account.exchangeId);
      return account;
    },
    stop: async () => {
      await workerProcess.stop();
      await temporal.close();
      await services.close();
    },
  };
}
