import { randomUUID } from 'node:crypto';
import { orderIdOf } from '../../src/domain/ids';
import type { Order, OrderResponse, StuckOrder } from '../../src/domain/order';
import { openTradingDesk, type TradingDesk } from '../client/trading-desk';
import { eventually } from '../stack/eventually';
import { testStack } from '../stack/stack';
import { type CliResult, runHere } from './run-cli';

const SUBMIT =
  'orders submit --strategy mine --exchange BINANCE --asset BTC/USDT --side BUY --type LIMIT --quantity 0.01 --price 50000 --tif GTC';
jest.setTimeout(60_000);

let desk: TradingDesk;
beforeAll(async () => {
  desk = await openTradingDesk(testStack());
  expect(await run('exchanges update --exchange BINANCE --stuck-after-ms 100')).toMatchObject({ exitCode: 0 });
});
afterAll(async () => {
  await desk?.close();
});

function run(command: string, stdin = ''): Promise<CliResult> {
  const environment = { ...desk.environment, EXCHANGE_INTEGRATION_TENANT: desk.tenantId };
  return runHere(command.split(' '), { stdin, environment });
}

async function submitted(): Promise<string> {
  return ((await run(`${SUBMIT} --key ${randomUUID()} --json`)).json() as OrderResponse).orderId;
}

const faults: number[] = [];
async function heal(): Promise<void> {
  for (const fault of faults.splice(0)) await desk.admin.clearFaults(fault);
}

/** One that may have been sent: neither the order nor a lookup is answered. */
async function stuck(): Promise<string> {
  const { apiKey } = desk;
  for (const endpoint of ['POST /api/v3/order', 'GET /api/v3/order']) {
    const effect = { kind: 'status-before', status: 503 } as const;
    faults.push(await desk.admin.addFault({ match: { endpoint, apiKey }, effect }));
  }
  const key = randomUUID();
  expect(await run(`${SUBMIT} --key ${key} --timeout 2000`)).toMatchObject({ exitCode: 3 });
  const orderId = orderIdOf(desk.tenantId, key);
  await eventually(async () => {
    const { items } = (await run('stuck list --json')).json() as { items: StuckOrder[] };
    expect(items.map((order) => order.orderId)).toContain(orderId);
  });
  return orderId;
}

test('an order is modified, and what did not happen says why and ends with 1', async () => {
  const orderId = await submitted();
  const modified = await run(`orders modify ${orderId} --price 50100 --quantity 0.02 --by ada --json`);
  expect(modified).toMatchObject({ exitCode: 0, stderr: '' });
  expect(modified.json()).toMatchObject({ orderId, status: 'OPEN', remainingQuantity: '0.02' });
  expect((await run(`orders get ${orderId}`)).stdout).toMatch(/ MODIFIED +ada +/);

  const refused = await run(`orders modify ${orderId} --price 50100.001`);
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('INSTRUMENT_RULES') });
  expect(refused.stdout).toMatch(/^status +OPEN$/m);
  const faulty = await run(`orders modify ${orderId} --stop-price 1`);
  expect(faulty).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('INVALID_INPUT') });
  await run(`orders cancel ${orderId}`);
  const closed = await run(`orders modify ${orderId} --price 1`);
  expect(closed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('ORDER_CLOSED') });
});

test('a stuck order is listed and resolved; a resolution needs its action and reason', async () => {
  const orderId = await stuck();
  expect((await run('stuck list')).stdout).toMatch(new RegExp(` ${orderId} +BINANCE +PENDING +0 `));
  expect((await run(`orders get ${orderId}`)).stdout).toMatch(/^stuck since +20/m);
  const faulty = await run(`stuck resolve ${orderId} --action FORGET`);
  expect(faulty.exitCode).toBe(1);
  expect(faulty.stderr).toContain('  - action must be one of CANCEL, MARK_FILLED, MARK_REJECTED, RECONCILE');
  expect(faulty.stderr).toContain('  - reason is required');

  const unbooked = await run(`stuck resolve ${orderId} --action MARK_FILLED --reason seen --by ada`);
  expect(unbooked).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('RESOLUTION_REFUSED') });
  const fill = { quantity: '0.01', price: 50000, commission: '0', commissionAsset: 'BTC' };
  const fills = JSON.stringify([{ ...fill, timestamp: '2026-01-31T12:00:00Z' }]);
  const command = `stuck resolve ${orderId} --action MARK_FILLED --reason seen --by ada --fills-file - --json`;
  const resolved = await run(command, fills);
  expect(resolved).toMatchObject({ exitCode: 0, stderr: '' });
  expect(resolved.json()).toMatchObject({ status: 'FILLED', filledQuantity: '0.01' });
  const events = (resolved.json() as Order).events.filter(({ type }) => type === 'RESOLVED');
  expect(events.map(({ by, detail }) => `${by} ${detail?.slice(0, 25)}`)).toEqual([
    'ada MARK_FILLED: seen (refuse',
    'ada MARK_FILLED: seen',
  ]);
  await heal();
});

test('an order is reconciled and cancelled by force, whatever is believed of it', async () => {
  const orderId = await submitted();
  const reconciled = await run(`stuck reconcile ${orderId} --reason checking --by ada --json`);
  expect(reconciled).toMatchObject({ exitCode: 0, stderr: '' });
  expect((reconciled.json() as Order).events.at(-1)).toMatchObject({
    type: 'RESOLVED',
    by: 'ada',
    detail: 'RECONCILE: checking',
  });
  const cancelled = await run(`stuck force-cancel ${orderId}`);
  expect(cancelled).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^status +CANCELLED$/m) });
  expect(await run(`stuck force-cancel ${orderId}`)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('ORDER_CLOSED'),
  });
  expect(await run('stuck list --cursor nonsense!')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('INVALID_INPUT'),
  });
});
