import { ensureConnection } from '../../src/client/ensure-connection';
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
import { serviceEnvironment, startWorkerProcess } from './worker-process';

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
  worker: WorkerProcess;
  /** A fresh tenant with an account at simulated Binance; with `connected`, its stream is being held. */
  openAccount(options?: AccountOptions): Promise<TestAccount>;
  stop(): Promise<void>;
}

export async function startService(stack: TestStack): Promise<TestService> {
  const settings = parseEnvironment(serviceEnvironment(stack));
  const surroundings = { clock: systemClock, random: systemRandom, logger: silentLogger, crashPoint: noCrashPoint };
  const [services, temporal, worker] = await Promise.all([
    openServices(settings, surroundings),
    connectClient(settings),
    startWorkerProcess(stack, 'all-workers'),
  ]);
  return {
    services,
    temporal,
    worker,
    orderManager: createOrderManager({ ...services, client: temporal.client }),
    openAccount: async ({ connected = true, registration } = {}) => {
      const account = await openTestAccount(services, stack.simulator, registration);
      if (connected) await ensureConnection(temporal.client, account.tenantId, account.exchangeId);
      return account;
    },
    stop: async () => {
      await worker.stop();
      await temporal.close();
      await services.close();
    },
  };
}
