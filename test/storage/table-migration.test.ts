import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, QueryCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { OrderRequest } from '../../src/domain/order-request';
import { type Clock, systemClock } from '../../src/platform/clock';
import { fillKey, executionPartitions, positionKey } from '../../src/storage/dynamodb/keys';
import { FILL_FORM } from '../../src/storage/dynamodb/order-fills';
import { POSITION_FORM } from '../../src/storage/dynamodb/position-item';
import { migrateTables } from '../../src/storage/dynamodb/table-migration';
import { EXECUTION_INDEX, EXECUTION_SORT_KEY } from '../../src/storage/dynamodb/tables';
import { testStack } from '../stack/stack';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from './stores';

const prefix = `${freshTenant()}.`;
const FILLS = 130;
let stores: Stores;
let order: OrderRequest;

beforeAll(async () => {
  stores = await openStores({ ...testStack(), tablePrefix: prefix });
});
afterAll(async () => {
  await Promise.all(
    Object.values(stores.tables).map((TableName) => stores.client.send(new DeleteTableCommand({ TableName }))),
  );
  await stores.close();
});
beforeEach(async () => {
  order = anOrder(freshTenant(), { quantity: '1000' });
  await stores.orders.claimIntent(order, anIntent());
  const trades = Array.from({ length: FILLS }, (_, trade) => anExecution(order, String(trade)));
  await stores.ledger.bookFills(trades, 'STREAM');
  await Promise.all(
    trades.map(({ executionId }) => asBefore(fillKey(order, executionId), ['executionKey', EXECUTION_SORT_KEY])),
  );
  await asBefore(positionKey({ ...order, exchangeId: 'BINANCE' }), ['quoteFlow'], stores.tables.positions);
});

test('items of an earlier form read as those of today, and are rewritten in it by a walk', async () => {
  expect(await executionsListed()).toBe(0);
  expect((await stores.orders.listFills(order.tenantId, order.orderId)).items).toHaveLength(100);
  expect(await stores.positions.get(order.tenantId, order.assetId, 'BINANCE')).toMatchObject({ quoteFlow: '0' });
  const migrations = await migrateTables(stores.client, systemClock, { prefix, unitsPerSecond: 100_000 });
  expect(rewrittenOf(migrations)).toEqual({ Orders: FILLS, Positions: 1 });
  expect(await executionsListed()).toBe(FILLS);
  expect(await itemVersion(fillKey(order, '7'))).toBe(FILL_FORM.version);
  const position = positionKey({ ...order, exchangeId: 'BINANCE' });
  expect(await itemVersion(position, stores.tables.positions)).toBe(POSITION_FORM.version);
  expect(rewrittenOf(await migrateTables(stores.client, systemClock, { prefix, unitsPerSecond: 100_000 }))).toEqual({});
});

test('a walk keeps to its rate, and goes on where it was interrupted', async () => {
  const pausesMs: number[] = [];
  const clock: Clock = {
    now: () => 0,
    sleep: (ms) => {
      pausesMs.push(ms);
      return Promise.reject(new Error('stopped'));
    },
  };
  await expect(migrateTables(stores.client, clock, { prefix, unitsPerSecond: 10 })).rejects.toThrow('stopped');
  expect(pausesMs[0]).toBeGreaterThan(1_000); // 100 items were read, and some rewritten
  const before = await executionsListed();
  const starts: unknown[] = [];
  const watched = whereBefore((command) => {
    if (command instanceof ScanCommand && command.input.TableName === stores.tables.orders) {
      starts.push(command.input.ExclusiveStartKey);
    }
  });
  const { Orders = 0 } = rewrittenOf(await migrateTables(watched, systemClock, { prefix, unitsPerSecond: 1e5 }));
  expect(starts[0]).toMatchObject({ tenantId: expect.any(String) });
  expect([before + Orders, await executionsListed()]).toEqual([FILLS, FILLS]);
});

test('an order that is traded during the walk is left as its writer has it', async () => {
  const { client, tables } = stores;
  const position = positionKey({ ...order, exchangeId: 'BINANCE' });
  const meddling = whereBefore(async (command) => {
    if (command instanceof UpdateCommand && command.input.TableName === tables.positions) {
      await stores.ledger.bookFills([anExecution(order, 'meanwhile')], 'STREAM');
    }
  });
  const migrations = await migrateTables(meddling, systemClock, { prefix, unitsPerSecond: 1e5 });
  expect(migrations.find(({ table }) => table === tables.positions)).toMatchObject({ rewritten: 0, busy: 1 });
  const { Item } = await client.send(new GetCommand({ TableName: tables.positions, Key: position }));
  expect(Item).toMatchObject({ quantity: '13.1', itemVersion: POSITION_FORM.version });
});

/** The client, which does something else first. */
function whereBefore(act: (command: unknown) => void | Promise<void>): Stores['client'] {
  const { client } = stores;
  return Object.assign(Object.create(client) as typeof client, {
    send: async (command: Parameters<typeof client.send>[0]): Promise<unknown> => {
      await act(command);
      return await client.send(command);
    },
  });
}

/** Makes an item what the release before wrote. */
async function asBefore(Key: object, absent: string[], table = stores.tables.orders): Promise<void> {
  const { Item = {} } = await stores.client.send(
    new GetCommand({ TableName: table, Key: { ...Key }, ConsistentRead: true }),
  );
  const older = Object.fromEntries(Object.entries(Item).filter(([name]) => !absent.includes(name)));
  await stores.client.send(new PutCommand({ TableName: table, Item: { ...older, itemVersion: 1 } }));
}

async function executionsListed(): Promise<number> {
  const counts = executionPartitions(order.tenantId, '2026-01').map(async (partition) => {
    const command = new QueryCommand({
      TableName: stores.tables.orders,
      IndexName: EXECUTION_INDEX,
      KeyConditionExpression: 'executionKey = :partition',
      ExpressionAttributeValues: { ':partition': partition },
      Select: 'COUNT',
    });
    return (await stores.client.send(command)).Count ?? 0;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

async function itemVersion(Key: object, table = stores.tables.orders): Promise<unknown> {
  return (await stores.client.send(new GetCommand({ TableName: table, Key: { ...Key } }))).Item?.['itemVersion'];
}

/** By the tables' names without the prefix; those with none left out. */
function rewrittenOf(migrations: { table: string; rewritten: number }[]): Record<string, number> {
  const some = migrations.filter(({ rewritten }) => rewritten > 0);
  return Object.fromEntries(some.map(({ table, rewritten }) => [table.slice(prefix.length), rewritten]));
}
