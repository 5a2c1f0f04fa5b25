import type { CreateTableCommandInput, GlobalSecondaryIndex, KeySchemaElement } from '@aws-sdk/client-dynamodb';
import {
  CreateTableCommand,
  DescribeTimeToLiveCommand,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { enableStream, WITH_BOTH_IMAGES } from './table-stream';

/** The full names of the tables, prefix included. */
export interface TableNames {
  exchangeConfigs: string;
  orders: string;
  positions: string;
  positionHistory: string;
  auditLogs: string;
  feed: string;
}

export function tableNames(prefix: string): TableNames {
  return {
    exchangeConfigs: `${prefix}ExchangeConfigs`,
    orders: `${prefix}Orders`,
    positions: `${prefix}Positions`,
    positionHistory: `${prefix}PositionHistory`,
    auditLogs: `${prefix}ExchangeAuditLogs`,
    feed: `${prefix}Feed`,
  };
}

export const EXCHANGE_ORDER_ID_INDEX = 'exchangeOrderId-index';
export const STRATEGY_INDEX = 'strategyId-timestamp-index';
export const STATUS_INDEX = 'status-timestamp-index';
export const EXCHANGE_INDEX = 'exchangeId-index';
export const EXCHANGE_TIME_INDEX = 'exchangeId-timestamp-index';

/** Key attributes that are made of several values; see keys.ts. */
export const CREATED_SORT_KEY = 'createdAt#orderId';
export const POSITION_SORT_KEY = 'assetId#exchangeId';
export const HISTORY_PARTITION_KEY = 'tenantId#assetId';
export const HISTORY_SORT_KEY = 'timestamp#historyId';
export const AUDIT_SORT_KEY = 'timestamp#logId';

/** Where an item says when it may be deleted, in seconds since the epoch; DynamoDB does it within days after that. */
export const TTL_ATTRIBUTE = 'expiresAt';

/** What orders are filtered by inside an index. It never changes, so an index is written on a change of status only. */
const ORDER_FILTER_ATTRIBUTES = ['exchangeId', 'assetId', 'side'];

/** What audit logs are filtered by inside an index, and what statistics are made of. */
const AUDIT_INDEX_ATTRIBUTES = ['operationType', 'success', 'latencyMs', 'errorCategory', 'orderId'];

const TABLE_WAIT_SECONDS_MAX = 60;

/** Makes the tables that are not there yet, billed by request, turns on their streams, and waits until all serve. */
export async function createTables(
  client: DynamoDBDocumentClient,
  { prefix }: { prefix: string },
): Promise<TableNames> {
  const names = tableNames(prefix);
  await Promise.all(tableDefinitions(names).map((definition) => createTable(client, definition)));
  return names;
}

type TableDefinition = Pick<CreateTableCommandInput, 'KeySchema' | 'GlobalSecondaryIndexes' | 'StreamSpecification'> & {
  TableName: string;
  /** Items with TTL_ATTRIBUTE are deleted after it. */
  expires?: true;
};

function tableDefinitions(names: TableNames): TableDefinition[] {
  const listIndex = { ProjectionType: 'INCLUDE', NonKeyAttributes: ORDER_FILTER_ATTRIBUTES } as const;
  return [
    { TableName: names.exchangeConfigs, KeySchema: keys('tenantId', 'exchangeId') },
    {
      TableName: names.orders,
      KeySchema: keys('tenantId', 'orderId'),
      StreamSpecification: WITH_BOTH_IMAGES,
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
    {
      TableName: names.auditLogs,
      KeySchema: keys('tenantId', AUDIT_SORT_KEY),
      GlobalSecondaryIndexes: [
        index(EXCHANGE_TIME_INDEX, keys('exchangeKey', AUDIT_SORT_KEY), {
          ProjectionType: 'INCLUDE',
          NonKeyAttributes: AUDIT_INDEX_ATTRIBUTES,
        }),
      ],
      expires: true,
    },
    { TableName: names.feed, KeySchema: keys('feedId', 'part') },
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
  const { expires = false, ...table } = definition;
  const { TableName, KeySchema = [], GlobalSecondaryIndexes = [] } = table;
  const keyElements = [...KeySchema, ...GlobalSecondaryIndexes.flatMap(({ KeySchema: indexKeys = [] }) => indexKeys)];
  const attributes = new Set(keyElements.flatMap(({ AttributeName }) => AttributeName ?? []));
  try {
    await client.send(
      new CreateTableCommand({
        ...table,
        AttributeDefinitions: [...attributes].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists({ client, maxWaitTime: TABLE_WAIT_SECONDS_MAX, minDelay: 1 }, { TableName });
  if (expires) await enableExpiry(client, TableName);
  if (definition.StreamSpecification !== undefined) await enableStream(client, TableName);
}

async function enableExpiry(client: DynamoDBDocumentClient, TableName: string): Promise<void> {
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  if (TimeToLiveDescription?.TimeToLiveStatus !== 'DISABLED') return;
  const TimeToLiveSpecification = { AttributeName: TTL_ATTRIBUTE, Enabled: true };
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
}
