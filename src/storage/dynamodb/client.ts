import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient, type DynamoDBStreamsClientConfig } from '@aws-sdk/client-dynamodb-streams';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export interface DynamoOptions {
  region: string;
  /** For DynamoDB Local; absent: AWS's own endpoint of the region, with the machine's credentials. */
  endpoint?: string;
}

const CONNECT_LIMIT_MS = 2_000;
const REQUEST_LIMIT_MS = 5_000;
/** The SDK's own attempts at one call; transactions carry a token, so that a repeated one takes effect once. */
const ATTEMPTS_MAX = 4;
const SOCKETS_MAX = 256;

/** The client that all stores share. Undefined attributes are left out; nothing else is converted. */
export function createDynamoClient(options: DynamoOptions): DynamoDBDocumentClient {
  const client = new DynamoDBClient(clientSettings(options));
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** The client for the tables' change streams, which are a service of their own behind the same endpoint. */
export function createStreamsClient(options: DynamoOptions): DynamoDBStreamsClient {
  return new DynamoDBStreamsClient(clientSettings(options));
}

function clientSettings({ region, endpoint }: DynamoOptions): ClientSettings {
  return {
    region,
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: {
      connectionTimeout: CONNECT_LIMIT_MS,
      requestTimeout: REQUEST_LIMIT_MS,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
    },
    ...(endpoint !== undefined && { endpoint, credentials: LOCAL_CREDENTIALS }),
  };
}

type ClientSettings = DynamoDBClientConfig & DynamoDBStreamsClientConfig;

/** DynamoDB Local takes any key pair, but wants one. */
const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
