import type { GlobalSecondaryIndex, KeySchemaElement, StreamViewType } from '@aws-sdk/client-dynamodb';

/** The full names of the tables, prefix included. */
export interface TableNames {
  exchangeConfigs: string;
  orders: string;
  positions: string;
  positionHistory: string;
  routingDecisions: string;
  auditLogs: string;
  feed: string;
}

export function tableNames(prefix: string): TableNames {
  return {
    exchangeConfigs: `${prefix}ExchangeConfigs`,
    orders: `${prefix}Orders`,
    positions: `${prefix}Positions`,
    positionHistory: `${prefix}PositionHistory`,
    routingDecisions: `${prefix}RoutingDecisions`,
    auditLogs: `${prefix}ExchangeAuditLogs`,
    feed: `${prefix}Feed`,
  };
}

export const EXCHANGE_ORDER_ID_INDEX = 'exchangeOrderId-index';
export const STRATEGY_INDEX = 'strategyId-timestamp-index';
export const STATUS_INDEX = 'status-timestamp-index';
export const EXECUTION_INDEX = 'execution-timestamp-index';
export const EXCHANGE_INDEX = 'exchangeId-index';
export const ORDER_ID_INDEX = 'orderId-index';
export const EXCHANGE_TIME_INDEX = 'exchangeId-timestamp-index';

/** Key attributes that are made of several values; see keys.ts. */
export const CREATED_SORT_KEY = 'createdAt#orderId';
export const EXECUTION_SORT_KEY = 'executedAt#orderId#executionId';
export const POSITION_SORT_KEY = 'assetId#exchangeId';
export const HISTORY_PARTITION_KEY = 'tenantId#assetId';
export const HISTORY_SORT_KEY = 'timestamp#historyId';
export const AUDIT_SORT_KEY = 'timestamp#logId';

/** Where an item says when it may be deleted, in seconds since the epoch; DynamoDB does it within days after that. */
export const TTL_ATTRIBUTE = 'expiresAt';

/** How long items of a table that expires are kept (specification). */
export const AUDIT_KEPT_DAYS = 90;
export const ROUTING_KEPT_DAYS = 30;

/** What orders are filtered by inside an index. It never changes, so an index is written on a change of status only. */
const ORDER_FILTER_ATTRIBUTES = ['exchangeId', 'assetId', 'side'];

/** What audit logs are filtered by inside an index, and what statistics are made of. */
const AUDIT_INDEX_ATTRIBUTES = ['operationType', 'success', 'latencyMs', 'errorCategory', 'orderId'];

/** What a table is to be. */
export interface TableDefinition {
  name: string;
  keys: KeySchemaElement[];
  indexes: TableIndex[];
  /** Items with TTL_ATTRIBUTE are deleted after it. */
  expires?: true;
  /** What is lost by mistake can be had back as of any second of the last 35 days. */
  recoverable?: true;
  /** What its change stream shows. */
  stream?: StreamViewType;
}

export type TableIndex = Required<Pick<GlobalSecondaryIndex, 'IndexName' | 'KeySchema' | 'Projection'>>;

/** All tables; each is billed by request. */
export function tableDefinitions(names: TableNames): TableDefinition[] {
  return [
    { name: names.exchangeConfigs, keys: keys('tenantId', 'exchangeId'), indexes: [], recoverable: true },
    ordersTable(names.orders),
    {
      name: names.positions,
      keys: keys('tenantId', POSITION_SORT_KEY),
      indexes: [index(EXCHANGE_INDEX, keys('exchangeKey', 'assetId'), { ProjectionType: 'ALL' })],
      recoverable: true,
    },
    {
      name: names.positionHistory,
      keys: keys(HISTORY_PARTITION_KEY, HISTORY_SORT_KEY),
      indexes: [],
      recoverable: true,
    },
    {
      name: names.routingDecisions,
      keys: keys('tenantId', 'decisionId'),
      indexes: [index(ORDER_ID_INDEX, keys('orderKey', 'timestamp'), { ProjectionType: 'ALL' })],
      expires: true,
    },
    auditLogsTable(names.auditLogs),
    { name: names.feed, keys: keys('feedId', 'part'), indexes: [] },
  ];
}

function ordersTable(name: string): TableDefinition {
  const listed = { ProjectionType: 'INCLUDE', NonKeyAttributes: ORDER_FILTER_ATTRIBUTES } as const;
  return {
    name,
    keys: keys('tenantId', 'orderId'),
    indexes: [
      index(EXCHANGE_ORDER_ID_INDEX, keys('exchangeOrderKey'), { ProjectionType: 'KEYS_ONLY' }),
      index(STRATEGY_INDEX, keys('strategyKey', CREATED_SORT_KEY), listed),
      index(STATUS_INDEX, keys('statusKey', CREATED_SORT_KEY), listed),
      index(EXECUTION_INDEX, keys('executionKey', EXECUTION_SORT_KEY), { ProjectionType: 'ALL' }),
    ],
    recoverable: true,
    stream: 'NEW_AND_OLD_IMAGES', // the feed reads what a write changed
  };
}

function auditLogsTable(name: string): TableDefinition {
  const figures = { ProjectionType: 'INCLUDE', NonKeyAttributes: AUDIT_INDEX_ATTRIBUTES } as const;
  return {
    name,
    keys: keys('tenantId', AUDIT_SORT_KEY),
    indexes: [index(EXCHANGE_TIME_INDEX, keys('exchangeKey', AUDIT_SORT_KEY), figures)],
    expires: true,
    recoverable: true,
  };
}

function keys(partition: string, sort?: string): KeySchemaElement[] {
  return [
    { AttributeName: partition, KeyType: 'HASH' },
    ...(sort === undefined ? [] : [{ AttributeName: sort, KeyType: 'RANGE' as const }]),
  ];
}

function index(IndexName: string, KeySchema: KeySchemaElement[], Projection: TableIndex['Projection']): TableIndex {
  return { IndexName, KeySchema, Projection };
}
