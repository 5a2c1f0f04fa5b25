import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient, type DynamoDBStreamsClientConfig } from '@aws-sdk/client-dynamodb-streams';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type AwsPlace, awsClientSettings } from '../../platform/aws-client';

/** Transactions carry a token, so that a repeated one takes effect once. */
const ATTEMPTS_MAX = 4;
const SOCKETS_MAX = 256;

/** The client that all stores share; an endpoint is DynamoDB Local's. Undefined attributes are left out; nothing else is converted. */
export function createDynamoClient(options: AwsPlace): DynamoDBDocumentClient {
  const client = new DynamoDBClient(clientSettings(options));
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** The client for the tables' change streams, which are a service of their own behind the same endpoint. */
export function createStreamsClient(options: AwsPlace): DynamoDBStreamsClient {
  return new DynamoDBStreamsClient(clientSettings(options));
}

function clientSettings(place: AwsPlace): ClientSettings {
  const settings = awsClientSettings(place, ATTEMPTS_MAX);
  return {
    ...settings,
    requestHandler: {
      ...settings.requestHandler,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
    },
    ...(place.endpoint !== undefined && { credentials: LOCAL_CREDENTIALS }),
  };
}

type ClientSettings = DynamoDBClientConfig & DynamoDBStreamsClientConfig;

/** DynamoDB Local takes any key pair, but wants one. */
const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
