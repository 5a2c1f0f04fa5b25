import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { Settings } from '../platform/environment';
import { connected, temporalConnectOptions } from './connect-options';
import { createDataConverter } from './data-converter';
import { isStartDeduped } from './start-deduped';

const CONNECT_LIMIT = '5s';
const STATUS_DETAILS = 'grpc-status-details-bin';

/** A client of Temporal, with the connection that its owner closes. */
export interface TemporalClient {
  client: Client;
  close(): Promise<void>;
}

/**
 * Opens a client on the settings' address and namespace.
 * @throws ServiceError CONFIGURATION, or DEPENDENCY_UNAVAILABLE when Temporal does not answer
 */
export async function connectClient(settings: Pick<Settings, 'temporal' | 'payloadKeys'>): Promise<TemporalClient> {
  const { address, namespace, rest } = temporalConnectOptions(settings);
  const { grpcCompression: _workersOnly, ...options } = rest;
  const connection = await connected(
    address,
    Connection.connect({ ...options, address, connectTimeout: CONNECT_LIMIT, interceptors: [retries()] }),
  );
  const client = new Client({ connection, namespace, dataConverter: createDataConverter(settings.payloadKeys) });
  return { client, close: () => connection.close() };
}

/** Calls are repeated as the SDK does by default, for about 20 s, except those that would be refused each time. */
function retries(): ReturnType<typeof makeGrpcRetryInterceptor> {
  const defaults = defaultGrpcRetryOptions();
  return makeGrpcRetryInterceptor({
    ...defaults,
    retryableDecider: (attempt, status) =>
      !status.metadata.get(STATUS_DETAILS).some(isStartDeduped) && defaults.retryableDecider(attempt, status),
  });
}
