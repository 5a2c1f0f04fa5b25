import type { KeySchemaElement, Projection, TableDescription } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { answered } from './answered';
import { describeTable } from './table-description';
import { readExpiry, readRecovery } from './table-settings';
import { type TableDefinition, tableDefinitions, tableNames, TTL_ATTRIBUTE } from './tables';

/** Where a table is not what it is to be. */
export interface TableDifference {
  table: string;
  /** `table`, `keys`, `index status-timestamp-index`, `expiry` … */
  what: string;
  /** `none` where there is to be nothing. */
  expected: string;
  found: string;
}

/** What can be said of a table, by what is said of; two of these can be compared. */
type Aspects = Record<string, string>;
const NONE = 'none';

/** Compares the tables with their definitions; empty: all are as they are to be. Changes nothing. */
export async function checkTables(
  client: DynamoDBDocumentClient,
  { prefix }: { prefix: string },
): Promise<TableDifference[]> {
  const checks = tableDefinitions(tableNames(prefix)).map((definition) => checkTable(client, definition));
  return (await answered('looking at the tables', Promise.all(checks))).flat();
}

async function checkTable(client: DynamoDBDocumentClient, definition: TableDefinition): Promise<TableDifference[]> {
  const { name: table } = definition;
  const description = await describeTable(client, table);
  if (description === undefined) return [{ table, what: 'table', expected: 'ACTIVE', found: NONE }];
  const [expiry = NONE, recovery] = await Promise.all([readExpiry(client, table), readRecovery(client, table)]);
  const found: Aspects = { ...aspectsFound(description), expiry, ...recoveryAspect(recovery) };
  const expected: Aspects = {
    ...aspectsExpected(definition),
    ...(recovery !== undefined && recoveryAspect(definition.recoverable === true)),
  };
  return [...new Set([...Object.keys(expected), ...Object.keys(found)])]
    .map((what) => ({ table, what, expected: expected[what] ?? NONE, found: found[what] ?? NONE }))
    .filter((difference) => difference.expected !== difference.found);
}

function aspectsExpected({ keys, indexes, expires, stream }: TableDefinition): Aspects {
  return {
    table: 'ACTIVE',
    keys: keysText(keys),
    billing: 'PAY_PER_REQUEST',
    expiry: expires ? TTL_ATTRIBUTE : NONE,
    stream: stream ?? NONE,
    ...indexAspects(indexes),
  };
}

function aspectsFound(table: TableDescription): Aspects {
  const { TableStatus = NONE, KeySchema, BillingModeSummary, StreamSpecification, GlobalSecondaryIndexes = [] } = table;
  return {
    table: TableStatus,
    keys: keysText(KeySchema),
    billing: BillingModeSummary?.BillingMode ?? 'PROVISIONED',
    stream: StreamSpecification?.StreamViewType ?? NONE,
    ...indexAspects(GlobalSecondaryIndexes),
  };
}

function recoveryAspect(recoverable: boolean | undefined): Aspects {
  return recoverable === undefined ? {} : { recovery: recoverable ? 'point in time' : NONE };
}

interface IndexAspects {
  IndexName?: string | undefined;
  KeySchema?: KeySchemaElement[] | undefined;
  Projection?: Projection | undefined;
  /** Of one that exists. */
  IndexStatus?: string | undefined;
}

function indexAspects(indexes: readonly IndexAspects[]): Aspects {
  return Object.fromEntries(
    indexes.map(({ IndexName = '', KeySchema, Projection, IndexStatus = 'ACTIVE' }) => [
      `index ${IndexName}`,
      `${keysText(KeySchema)}; ${projectionText(Projection)}; ${IndexStatus}`,
    ]),
  );
}

function keysText(keys: readonly KeySchemaElement[] = []): string {
  return keys.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`).join(', ');
}

function projectionText({ ProjectionType = 'ALL', NonKeyAttributes = [] }: Projection = {}): string {
  return [ProjectionType, ...[...NonKeyAttributes].sort()].join(' ');
}
