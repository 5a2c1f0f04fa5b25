import { type StreamViewType, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ServiceError } from '../../domain/errors';
import { describeTable } from './table-description';

/**
 * Turns on the change stream of a table that was made without. A stream that is there is left alone: another one would
 * begin empty. @throws ServiceError CONFIGURATION when it is one that shows something else
 */
export async function enableStream(
  client: DynamoDBDocumentClient,
  TableName: string,
  StreamViewType: StreamViewType,
): Promise<void> {
  if (await hasStream(client, TableName, StreamViewType)) return;
  try {
    const StreamSpecification = { StreamEnabled: true, StreamViewType };
    await client.send(new UpdateTableCommand({ TableName, StreamSpecification }));
  } catch (error) {
    if (!(await hasStream(client, TableName, StreamViewType))) throw error; // else another process was faster
  }
}

async function hasStream(client: DynamoDBDocumentClient, table: string, wanted: StreamViewType): Promise<boolean> {
  const { StreamEnabled = false, StreamViewType: found } =
    (await describeTable(client, table))?.StreamSpecification ?? {};
  if (!StreamEnabled || found === wanted) return StreamEnabled;
  const what = `The stream of table ${table} shows ${found}, but ${wanted} is needed: turn it off, then create the tables again.`;
  throw new ServiceError('CONFIGURATION', what);
}
