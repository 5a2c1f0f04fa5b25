import {
  type CreateTableCommandInput,
  CreateTableCommand,
  LimitExceededException,
  ResourceInUseException,
  UpdateTableCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describeTable } from './table-description';
import { enableExpiry, enableRecovery } from './table-settings';
import { enableStream } from './table-stream';
import { type TableDefinition, tableDefinitions, type TableIndex, type TableNames, tableNames } from './tables';

const TABLE_WAIT_SECONDS_MAX = 60;

/**
 * Makes what is missing: tables, billed by request, expiry, recovery, streams and indexes; and waits until the tables
 * serve. A new index of an old table may take longer, and what is there and differs stays: checkTables names both.
 * @throws ServiceError CONFIGURATION for a change stream that shows something else
 */
export async function createTables(
  client: DynamoDBDocumentClient,
  { prefix }: { prefix: string },
): Promise<TableNames> {
  const names = tableNames(prefix);
  await Promise.all(tableDefinitions(names).map((definition) => ensureTable(client, definition)));
  return names;
}

async function ensureTable(client: DynamoDBDocumentClient, definition: TableDefinition): Promise<void> {
  const { name: TableName, expires, recoverable, stream } = definition;
  const isNew = await createTable(client, definition);
  await waitUntilTableExists({ client, maxWaitTime: TABLE_WAIT_SECONDS_MAX, minDelay: 1 }, { TableName });
  if (expires) await enableExpiry(client, TableName);
  if (recoverable) await enableRecovery(client, TableName);
  if (stream !== undefined) await enableStream(client, TableName, stream);
  if (!isNew) await ensureIndexes(client, definition);
}

/** False when it is there already. */
async function createTable(
  client: DynamoDBDocumentClient,
  { name, keys, indexes, stream }: TableDefinition,
): Promise<boolean> {
  const input: CreateTableCommandInput = {
    TableName: name,
    KeySchema: keys,
    ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes }),
    AttributeDefinitions: attributesOf([{ KeySchema: keys }, ...indexes]),
    BillingMode: 'PAY_PER_REQUEST',
    ...(stream !== undefined && { StreamSpecification: { StreamEnabled: true, StreamViewType: stream } }),
  };
  try {
    await client.send(new CreateTableCommand(input));
    return true;
  } catch (error) {
    if (error instanceof ResourceInUseException) return false;
    throw error;
  }
}

/** Begins what is missing. An index of a large table is filled for hours, and DynamoDB builds one of a table at a time. */
async function ensureIndexes(client: DynamoDBDocumentClient, { name, indexes }: TableDefinition): Promise<void> {
  const there = (await describeTable(client, name))?.GlobalSecondaryIndexes ?? [];
  for (const index of indexes.filter(({ IndexName }) => !there.some((known) => known.IndexName === IndexName))) {
    const command = new UpdateTableCommand({
      TableName: name,
      AttributeDefinitions: attributesOf([index]),
      GlobalSecondaryIndexUpdates: [{ Create: index }],
    });
    try {
      await client.send(command);
    } catch (error) {
      if (error instanceof ResourceInUseException || error instanceof LimitExceededException) return;
      throw error;
    }
  }
}

function attributesOf(
  schemas: readonly Pick<TableIndex, 'KeySchema'>[],
): CreateTableCommandInput['AttributeDefinitions'] {
  const names = new Set(schemas.flatMap(({ KeySchema = [] }) => KeySchema.map(({ AttributeName }) => AttributeName)));
  return [...names].map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));
}
