import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  type KeySchemaElement,
  ListTablesCommand,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createDynamoClient } from '../../src/storage/dynamodb/client';
import { checkTables } from '../../src/storage/dynamodb/table-check';
import { createTables } from '../../src/storage/dynamodb/table-creation';
import { EXECUTION_INDEX, tableDefinitions, type TableNames, tableNames } from '../../src/storage/dynamodb/tables';
import { runHere } from '../cli/run-cli';
import { eventually } from '../stack/eventually';
import { testStack } from '../stack/stack';
import { freshTenant } from './stores';

let client: DynamoDBDocumentClient;
let prefix: string;

beforeAll(() => {
  client = createDynamoClient({ region: 'eu-central-1', endpoint: testStack().dynamodbEndpoint });
});
afterAll(() => client.destroy());
beforeEach(() => {
  prefix = `${freshTenant()}.`;
});
afterEach(async () => {
  const { TableNames = [] } = await client.send(new ListTablesCommand({ ExclusiveStartTableName: prefix }));
  const own = TableNames.filter((name) => name.startsWith(prefix));
  await Promise.all(own.map((TableName) => client.send(new DeleteTableCommand({ TableName }))));
});

test("the tables have the specification's keys, indexes and expiry, under a prefix", async () => {
  expect(await checkTables(client, { prefix })).toHaveLength(7);
  const names = await createTables(client, { prefix });
  expect(await checkTables(client, { prefix })).toEqual([]);
  expect(shapesOf(names)).toEqual({
    ExchangeConfigs: ['tenantId exchangeId'],
    Orders: [
      'tenantId orderId',
      'exchangeOrderId-index: exchangeOrderKey',
      'strategyId-timestamp-index: strategyKey createdAt#orderId',
      'status-timestamp-index: statusKey createdAt#orderId',
      'execution-timestamp-index: executionKey executedAt#orderId#executionId',
    ],
    Positions: ['tenantId assetId#exchangeId', 'exchangeId-index: exchangeKey assetId'],
    PositionHistory: ['tenantId#assetId timestamp#historyId'],
    RoutingDecisions: ['tenantId decisionId', 'orderId-index: orderKey timestamp', 'expires'],
    ExchangeAuditLogs: [
      'tenantId timestamp#logId',
      'exchangeId-timestamp-index: exchangeKey timestamp#logId',
      'expires',
    ],
    Feed: ['feedId part'],
  });
});

test('what the table of an earlier release lacks is named, and made when the tables are created again', async () => {
  const orders = tableDefinitions(tableNames(prefix)).find(({ stream }) => stream !== undefined);
  const { name = '', keys = [], indexes = [] } = orders ?? {};
  const before = indexes.filter(({ IndexName }) => IndexName !== EXECUTION_INDEX);
  const attributes = new Set([keys, ...before.map(({ KeySchema = [] }) => KeySchema)].flat().map(attributeOf));
  await client.send(
    new CreateTableCommand({
      TableName: name,
      KeySchema: keys,
      GlobalSecondaryIndexes: before,
      AttributeDefinitions: [...attributes].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  const differences = await checkTables(client, { prefix });
  expect(differences.filter(({ table }) => table === name)).toEqual([
    { table: name, what: 'stream', expected: 'NEW_AND_OLD_IMAGES', found: 'none' },
    {
      table: name,
      what: `index ${EXECUTION_INDEX}`,
      expected: 'executionKey HASH, executedAt#orderId#executionId RANGE; ALL; ACTIVE',
      found: 'none',
    },
  ]);
  await createTables(client, { prefix });
  await eventually(async () => expect(await checkTables(client, { prefix })).toEqual([])); // once the index is built
});

test('items expire again after somebody has turned that off', async () => {
  const { auditLogs: TableName } = await createTables(client, { prefix });
  const TimeToLiveSpecification = { AttributeName: 'expiresAt', Enabled: false };
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  expect(await checkTables(client, { prefix })).toEqual([
    { table: TableName, what: 'expiry', expected: 'expiresAt', found: 'none' },
  ]);
  await createTables(client, { prefix });
  expect(await checkTables(client, { prefix })).toEqual([]);
});

test('what can only be made anew is named and left alone', async () => {
  const TableName = `${prefix}Feed`;
  await client.send(
    new CreateTableCommand({
      TableName,
      KeySchema: [{ AttributeName: 'feedId', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'feedId', AttributeType: 'S' }],
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
    }),
  );
  await createTables(client, { prefix });
  expect(await checkTables(client, { prefix })).toEqual([
    { table: TableName, what: 'keys', expected: 'feedId HASH, part RANGE', found: 'feedId HASH' },
    { table: TableName, what: 'billing', expected: 'PAY_PER_REQUEST', found: 'PROVISIONED' },
  ]);
});

test('point-in-time recovery is on for what could not be had again, where DynamoDB offers it', async () => {
  const recoverable = new Set<string>();
  const aws = withBackups(client, recoverable);
  const names = await createTables(client, { prefix });
  const missing = await checkTables(aws, { prefix });
  expect(missing.map(({ what, expected, found }) => [what, expected, found])).toEqual(
    Array.from({ length: 5 }, () => ['recovery', 'point in time', 'none']),
  );
  await createTables(aws, { prefix });
  const { exchangeConfigs, orders, positions, positionHistory, auditLogs } = names;
  expect([...recoverable].sort()).toEqual([exchangeConfigs, orders, positions, positionHistory, auditLogs].sort());
  expect(await checkTables(aws, { prefix })).toEqual([]);
});

test('the command says what is wrong with the tables, and by its exit code that something is', async () => {
  const { dynamodbEndpoint, redisUrl } = testStack();
  const environment = { DYNAMODB_ENDPOINT: dynamodbEndpoint, REDIS_URL: redisUrl, TABLE_PREFIX: prefix };
  const missing = await runHere(['tables', 'check'], { environment });
  expect(missing.exitCode).toBe(1);
  expect(missing.stdout).toContain(`${prefix}Orders`);
  expect(await runHere(['tables', 'create'], { environment })).toMatchObject({ exitCode: 0 });
  const checked = await runHere(['tables', 'check', '--json'], { environment });
  expect([checked.exitCode, checked.json()]).toEqual([0, { differences: [] }]);
  const migrated = await runHere(['tables', 'migrate', '--capacity', '1000'], { environment });
  expect([migrated.exitCode, migrated.stdout]).toEqual([0, expect.stringContaining(`${prefix}Orders`)]);
});

function attributeOf({ AttributeName }: KeySchemaElement): string | undefined {
  return AttributeName;
}

/** Each table without its prefix: its keys, its indexes with theirs, and whether its items expire. */
function shapesOf(names: TableNames): Record<string, string[]> {
  const keysText = (keys: KeySchemaElement[] = []): string => keys.map(attributeOf).join(' ');
  const shapes = tableDefinitions(names).map(({ name, keys, indexes, expires }) => [
    name.slice(prefix.length),
    [
      keysText(keys),
      ...indexes.map(({ IndexName, KeySchema }) => `${IndexName}: ${keysText(KeySchema)}`),
      ...(expires ? ['expires'] : []),
    ],
  ]);
  return Object.fromEntries(shapes) as Record<string, string[]>;
}

/** The same tables behind a service that has continuous backups, which DynamoDB Local has not. */
function withBackups(local: DynamoDBDocumentClient, recoverable: Set<string>): DynamoDBDocumentClient {
  const send = (command: Parameters<DynamoDBDocumentClient['send']>[0]): Promise<unknown> => {
    if (command instanceof UpdateContinuousBackupsCommand) {
      recoverable.add(command.input.TableName ?? '');
      return Promise.resolve({});
    }
    if (!(command instanceof DescribeContinuousBackupsCommand)) return local.send(command);
    const PointInTimeRecoveryStatus = recoverable.has(command.input.TableName ?? '') ? 'ENABLED' : 'DISABLED';
    return Promise.resolve({
      ContinuousBackupsDescription: { PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus } },
    });
  };
  return Object.assign(Object.create(local) as DynamoDBDocumentClient, { send });
}
