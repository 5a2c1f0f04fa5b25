import { NativeConnection } from '@temporalio/worker';
import type { Settings } from '../platform/environment';
import { connected, temporalConnectOptions } from './connect-options';

/**
 * Opens the connection that workers poll on; its owner closes it. Without compression, which takes more CPU than it
 * saves on a local network.
 * @throws ServiceError CONFIGURATION, or DEPENDENCY_UNAVAILABLE when Temporal does not answer
 */
export async function connectWorkers(
  settings: Pick<Settings, 'temporal'>,
): Promise<{ connection: NativeConnection; namespace: string }> {
  const { address, namespace, rest } = temporalConnectOptions(settings);
  const options = { ...rest, address, grpcCompression: { codec: 'none' as const } };
  return { connection: await connected(address, NativeConnection.connect(options)), namespace };
}
