import type { ClientConnectConfig } from '@temporalio/envconfig';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { ServiceError } from '../domain/errors';
import { DEVELOPMENT_DEFAULTS, type Settings } from '../platform/environment';

export interface TemporalConnectOptions {
  address: string;
  namespace: string;
  /** TLS, API key and metadata, as the environment or the profile has them. */
  rest: Omit<ClientConnectConfig['connectionOptions'], 'address'>;
}

/**
 * Temporal's own environment configuration (TEMPORAL_* variables, profile in a TOML file), with the embedded stack as
 * the default.
 * @throws ServiceError CONFIGURATION
 */
export function temporalConnectOptions({ temporal }: Pick<Settings, 'temporal'>): TemporalConnectOptions {
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: { ...temporal } });
    const { address, ...rest } = connectionOptions;
    return {
      address: address ?? DEVELOPMENT_DEFAULTS.TEMPORAL_ADDRESS,
      namespace: namespace ?? DEVELOPMENT_DEFAULTS.TEMPORAL_NAMESPACE,
      rest,
    };
  } catch (error) {
    const what = `Temporal's configuration (TEMPORAL_* and its profile) is not usable: ${messageOf(error)}.`;
    throw new ServiceError('CONFIGURATION', what, [], { cause: error });
  }
}

/** Awaits a connection. @throws ServiceError DEPENDENCY_UNAVAILABLE */
export async function connected<T>(address: string, connecting: Promise<T>): Promise<T> {
  try {
    return await connecting;
  } catch (error) {
    const what = `Temporal at ${address} can't be reached (${messageOf(error)}).`;
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', what, [], { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
