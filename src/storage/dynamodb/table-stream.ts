import type { StreamSpecification } from '@aws-sdk/client-dynamodb';
import { DescribeTableCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ServiceError } from '../../domain/errors';

/** The feed reads what a write changed: the item before it, and after. */
export const WITH_BOTH_IMAGES = {
  StreamEnabled: true,
  StreamViewType: 'NEW_AND_OLD_IMAGES',
} as const satisfies StreamSpecification;

/**
 * Turns on the change stream of a table that was made without. A stream that is there is left alone: another one would
 * begin empty. @throws ServiceError CONFIGURATION when it is one that shows something else
 */
export async function enableStream(client: DynamoDBDocumentClient, TableName: string): Promise<void> {
  if (await hasStream(client, TableName)) return;
  try {
    await client.send(new UpdateTableCommand({ TableName, StreamSpecification: WITH_BOTH_IMAGES }));
  } catch (error) {
    if (!(await hasStream(client, TableName))) throw error; // else another process was faster
  }
}

async function hasStream(client: DynamoDBDocumentClient, TableName: string): Promise<boolean> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  const { StreamEnabled = false, StreamViewType: found } = Table?.StreamSpecification ?? {};
  const { StreamViewType: wanted } = WITH_BOTH_IMAGES;
  if (!StreamEnabled || found === wanted) return StreamEnabled;
  const what = `The stream of table ${TableName} shows ${found}, but ${wanted} is needed: turn it off, then create the tables again.`;
  throw new ServiceError('CONFIGURATION', what);
}
