import { type DependencyProbes, NOBODY } from '../health/dependencies';
import type { TemporalClient } from '../temporal/connect-client';
import type { Services } from './services';

/** One cheap question to each part that a process stands on. */
export function dependencyProbes(
  { exchanges, connectionStates, clock }: Pick<Services, 'exchanges' | 'connectionStates' | 'clock'>,
  temporal: Pick<TemporalClient, 'client'> | undefined,
): DependencyProbes {
  return {
    temporal: async () => {
      if (temporal === undefined) throw new Error('It does not answer at TEMPORAL_ADDRESS.');
      await temporal.client.workflowService.getSystemInfo({});
    },
    dynamodb: () => exchanges.listExchanges(NOBODY.tenantId),
    redis: async () => {
      if ((await connectionStates.list(NOBODY)) === undefined) throw new Error('It does not answer at REDIS_URL.');
    },
    clock,
  };
}
