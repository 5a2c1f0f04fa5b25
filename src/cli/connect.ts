import { createManualInterventionService, type ManualInterventionService } from '../client/manual-intervention';
import { createOrderManager, type OrderManager } from '../client/order-manager';
import { openServices, type Services } from '../composition/services';
import { ServiceError } from '../domain/errors';
import { noCrashPoint } from '../platform/crash-points';
import { parseEnvironment, type Settings } from '../platform/environment';
import { createLogger } from '../platform/logger';
import { connectClient, type TemporalClient } from '../temporal/connect-client';
import type { Surroundings } from './surroundings';

/** What a command works with; each part is opened for the commands that need it, and closed after them. */
export interface Desk {
  services: Services;
  temporal: TemporalClient;
  orderManager: OrderManager;
  interventions: ManualInterventionService;
}

/** Logs of the service's parts would stand between a command's lines; LOG_LEVEL brings them back. */
const QUIET_LEVEL = 'error';

/** Runs `work` with the stores. */
export async function withServices<T>(
  surroundings: Surroundings,
  work: (services: Services) => Promise<T>,
): Promise<T> {
  const services = await openServices(settingsOf(surroundings), {
    ...surroundings,
    logger: createLogger('cli', surroundings.environment['LOG_LEVEL'] || QUIET_LEVEL),
    crashPoint: noCrashPoint,
  });
  try {
    return await work(services);
  } finally {
    await services.close();
  }
}

/** Runs `work` with the stores and Temporal. */
export async function withDesk<T>(surroundings: Surroundings, work: (desk: Desk) => Promise<T>): Promise<T> {
  const temporal = await connectClient(settingsOf(surroundings));
  try {
    return await withServices(surroundings, (services) => {
      const parts = { ...services, client: temporal.client };
      const orderManager = createOrderManager(parts);
      return work({ services, temporal, orderManager, interventions: createManualInterventionService(parts) });
    });
  } finally {
    await temporal.close();
  }
}

/** Temporal, where it answers; for a command that has something to say without. */
export async function tryTemporal(surroundings: Surroundings): Promise<TemporalClient | undefined> {
  return await connectClient(settingsOf(surroundings)).catch((error: unknown) => {
    if (error instanceof ServiceError && error.code === 'DEPENDENCY_UNAVAILABLE') return undefined;
    throw error;
  });
}

function settingsOf({ environment }: Surroundings): Settings {
  return parseEnvironment(environment);
}
