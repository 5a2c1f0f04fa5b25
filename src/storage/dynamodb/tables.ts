import type { CreateTableCommandInput, GlobalSecondaryIndex, KeySchemaElement } from '@aws-sdk/client-dynamodb';
import { CreateTableCommand, ResourceInUseException, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** The full names of the tables, prefix included. */
export interface TableNames {
  exchangeConfigs: string;
  orders: string;
  positions: string;
  positionHistory: string;
}

export function tableNames(prefix: string): TableNames {
  return {
    exchangeConfigs: `${prefix}ExchangeConfigs`,
    orders: `${prefix}Orders`,
    positions: `${prefix}Positions`,
    positionHistory: `${prefix}PositionHistory`,
  };
}

export const EXCHANGE_ORDER_ID_INDEX = 'exchangeOrderId-index';
export const STRATEGY_INDEX = 'strategyId-timestamp-index';
export const STATUS_INDEX = 'status-timestamp-index';
export const EXCHANGE_INDEX = 'exchangeId-index';

/** Key attributes that are made of several values; see keys.ts. */
export const CREATED_SORT_KEY = 'createdAt#orderId';
export const POSITION_SORT_KEY = 'assetId#exchangeId';
export const HISTORY_PARTITION_KEY = 'tenantId#assetId';
export const HISTORY_SORT_KEY = 'timestamp#historyId';

/** What orders are filtered by inside an index. It never changes, so an index is written on a change of status only. */
const ORDER_FILTER_ATTRIBUTES = ['exchangeId', 'assetId', 'side'];

const TABLE_WAIT_SECONDS_MAX = 60;

/** Makes the tables that are not there yet, billed by request, and waits until all of them serve. */
export async function createTables(
  client: DynamoDBDocumentClient,
  { prefix }: { prefix: string },
): Promise<TableNames> {
  const names = tableNames(prefix);
  await Promise.all(tableDefinitions(names).map((definition) => createTable(client, definition)));
  return names;
}

type TableDefinition = Pick<CreateTableCommandInput, 'KeySchema' | 'GlobalSecondaryIndexes'> & { TableName: string };

function tableDefinitions(names: TableNames): TableDefinition[] {
  const listIndex = { ProjectionType: 'INCLUDE', NonKeyAttributes: ORDER_FILTER_ATTRIBUTES } as const;
  return [
    { TableName: names.exchangeConfigs, KeySchema: keys('tenantId', 'exchangeId') },
    {
      TableName: names.orders,
      KeySchema: keys('tenantId', 'orderId'),
      GlobalSecondaryIndexes: [
        index(EXCHANGE_ORDER_ID_INDEX, keys('exchangeOrderKey'), { ProjectionType: 'KEYS_ONLY' }),
        index(STRATEGY_INDEX, keys('strategyKey', CREATED_SORT_KEY), listIndex),
        index(STATUS_INDEX, keys('statusKey', CREATED_SORT_KEY), listIndex),
      ],
    },
    {
      TableName: names.positions,
      KeySchema: keys('tenantId', POSITION_SORT_KEY),
      GlobalSecondaryIndexes: [index(EXCHANGE_INDEX, keys('exchangeKey', 'assetId'), { ProjectionType: 'ALL' })],
    },
    { TableName: names.positionHistory, KeySchema: keys(HISTORY_PARTITION_KEY, HISTORY_SORT_KEY) },
  ];
}

function keys(partition: string, sort?: string): KeySchemaElement[] {
  return [
    { AttributeName: partition, KeyType: 'HASH' },
    ...(sort === undefined ? [] : [{ AttributeName: sort, KeyType: 'RANGE' as const }]),
  ];
}

function index(
  IndexName: string,
  KeySchema: KeySchemaElement[],
  Projection: GlobalSecondaryIndex['Projection'],
): GlobalSecondaryIndex {
  return { IndexName, KeySchema, Projection };
}

async function createTable(client: DynamoDBDocumentClient, definition: TableDefinition): Promise<void> {
  const { TableName, KeySchema = [], GlobalSecondaryIndexes = [] } = definition;
  const keyElements = [...KeySchema, ...GlobalSecondaryIndexes.flatMap(({ KeySchema: indexKeys = [] }) => indexKeys)];
  const attributes = new Set(keyElements.flatMap(({ AttributeName }) => AttributeName ?? []));
  try {
    await client.send(
      new CreateTableCommand({
        ...definition,
        AttributeDefinitions: [...attributes].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists({ client, maxWaitTime: TABLE_WAIT_SECONDS_MAX, minDelay: 1 }, { TableName });
}
