import type { BookedEntry } from '../../src/storage/executions';
import { DynamoExecutionStore } from '../../src/storage/dynamodb/executions-store';
import { fillKey } from '../../src/storage/dynamodb/keys';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { OrderRequest } from '../../src/domain/order-request';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from '../storage/stores';
import { testStack } from '../stack/stack';

const FILLS = 320;
const RANGE = { startTime: '2025-12-01T00:00:00Z', endTime: '2026-03-01T00:00:00Z' };

let stores: Stores;
let executions: DynamoExecutionStore;
let tenantId: string;
let order: OrderRequest;
beforeAll(async () => {
  stores = await openStores(testStack());
  executions = new DynamoExecutionStore(stores.client, stores.tables);
  tenantId = freshTenant();
  order = anOrder(tenantId, { quantity: '1000', strategyId: 'momentum' });
  await stores.orders.claimIntent(order, anIntent());
  const fills = Array.from({ length: FILLS }, (_, n) => anExecution(order, `t-${n}`, { timestamp: timeOf(n) }));
  await stores.ledger.bookFills(fills, 'STREAM');
});
afterAll(() => stores.close());

/** Over three months, two fills at each instant. */
function timeOf(n: number): string {
  return new Date(Date.parse('2025-12-05T00:00:00Z') + Math.floor(n / 2) * 12 * 3_600_000).toISOString();
}

const timesOf = (entries: readonly BookedEntry[]): string[] => entries.map(({ execution }) => execution.timestamp);
const idsOf = (entries: readonly BookedEntry[]): Set<string> =>
  new Set(entries.map(({ execution }) => execution.executionId));

async function all(range: { startTime: string; endTime: string }): Promise<BookedEntry[]> {
  const entries: BookedEntry[] = [];
  for await (const entry of executions.all(tenantId, range)) entries.push(entry);
  return entries;
}

test('all executions of a time come in its order, each once, over partitions and months', async () => {
  const entries = await all(RANGE);
  expect(idsOf(entries).size).toBe(FILLS);
  expect(entries).toHaveLength(FILLS);
  expect(timesOf(entries)).toEqual(timesOf(entries).toSorted());
  expect(entries[0]).toMatchObject({ strategyId: 'momentum', source: 'STREAM', realizedPnL: '0' });
});

test('pages go on exactly where the last one ended', async () => {
  const paged: BookedEntry[] = [];
  let cursor: string | undefined;
  do {
    const page = await executions.list(tenantId, { ...RANGE, limit: 33 }, cursor);
    paged.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  expect(paged).toEqual(await all(RANGE));
});

test('both ends of a range belong to it', async () => {
  const entries = await all({ startTime: timeOf(10), endTime: timeOf(14) });
  expect([...idsOf(entries)].sort()).toEqual(['t-10', 't-11', 't-12', 't-13', 't-14', 't-15']);
});

test('a range that ends before it begins is refused', async () => {
  await expect(all({ startTime: timeOf(14), endTime: timeOf(10) })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

test('what an earlier version booked says its strategy too', async () => {
  const Key = { ...fillKey(order, 't-7') };
  const UpdateExpression = 'REMOVE strategyId, realizedPnL';
  await stores.client.send(new UpdateCommand({ TableName: stores.tables.orders, Key, UpdateExpression }));
  const [found, missing] = await executions.readEntries(tenantId, [`${order.orderId}/t-7`, `${order.orderId}/none`]);
  expect(found).toMatchObject({ strategyId: 'momentum', execution: { executionId: 't-7' } });
  expect(found).not.toHaveProperty('realizedPnL');
  expect(missing).toBeUndefined();
});

test('a cursor of nobody, and a range of centuries, are refused', async () => {
  await expect(executions.list(tenantId, RANGE, 'here')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(all({ ...RANGE, startTime: '1970-01-01T00:00:00Z' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(all({ ...RANGE, endTime: 'soon' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
