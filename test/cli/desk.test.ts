import { randomUUID } from 'node:crypto';
import type { Order, OrderResponse } from '../../src/domain/order';
import { openTradingDesk, type TradingDesk } from '../client/trading-desk';
import { testStack } from '../stack/stack';
import { type CliInput, type CliResult, runCli, runHere } from './run-cli';

let desk: TradingDesk;
beforeAll(async () => {
  desk = await openTradingDesk(testStack());
});
afterAll(async () => {
  await desk?.close();
});

const environmentOf = (more: Record<string, string> = {}): Record<string, string> => ({
  ...desk.environment,
  EXCHANGE_INTEGRATION_TENANT: desk.tenantId,
  ...more,
});

const run = (command: string, { stdin = '', environment = {} }: CliInput = {}): Promise<CliResult> =>
  runHere(command.split(' '), { stdin, environment: environmentOf(environment) });

const ORDER =
  'orders submit --strategy mine --exchange BINANCE --asset BTC/USDT --side BUY --type LIMIT --quantity 0.01 --price 50000 --tif GTC';
const submit = (key: string, more = ''): Promise<CliResult> => run(`${ORDER} --key ${key} --json${more}`);

test('an order is submitted, read, listed and cancelled, for programs', async () => {
  const key = randomUUID();
  const submitted = await submit(key, ' --metadata {"signal":"breakout"}');
  expect(submitted).toMatchObject({ exitCode: 0, stderr: '' });
  const { orderId, exchangeOrderId } = submitted.json() as OrderResponse;
  expect(exchangeOrderId).toMatch(/^\d+$/);

  expect((await run(`orders get ${orderId} --json`)).json()).toMatchObject({
    orderId,
    metadata: { signal: 'breakout' },
  });
  const listed = (await run('orders list --strategy mine --status OPEN --json')).json() as { items: Order[] };
  expect(listed.items.map((order) => order.orderId)).toContain(orderId);

  const cancelled = await run(`orders cancel --key ${key} --reason trying --json`);
  expect(cancelled).toMatchObject({ exitCode: 0, stderr: '' });
  expect(cancelled.json()).toMatchObject({ orderId, status: 'CANCELLED' });
  const open = (await run('orders open --json')).json() as { items: Order[] };
  expect(open.items.map((order) => order.orderId)).not.toContain(orderId);
});

test('the same command in two processes is one order, and says so with its exit code', async () => {
  const key = randomUUID();
  const inProcess = (more: string): Promise<CliResult> =>
    runCli(`${ORDER} --key ${key} --json${more}`.split(' '), { environment: environmentOf() });
  const [first, second] = await Promise.all([inProcess(''), inProcess('')]);
  expect([first.exitCode, second.exitCode, first.stderr]).toEqual([0, 0, '']);
  expect(second.json()).toEqual(first.json());
  expect(await desk.ordersAtExchange(key)).toBe(1);
  const other = await inProcess(' --price 49000');
  expect(other.exitCode).toBe(1);
  expect(other.json()).toMatchObject({ status: 'REJECTED', error: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  expect(JSON.parse(other.stderr)).toMatchObject({ error: { faults: [{ field: 'price' }] } });
});

test('an order and its fills are tables for people, and become a position', async () => {
  const key = randomUUID();
  const { orderId } = (await submit(key)).json() as OrderResponse;
  const { clientOrderId = '' } = await desk.manager.getOrder(desk.tenantId, orderId);
  await desk.admin.fill({ symbol: 'BTCUSDT', clientOrderId });
  await desk.client.workflow.getHandle(`order/${desk.tenantId}/${orderId}`).result();

  const shown = await run(`orders get --key ${key}`);
  expect(shown.stdout).toMatch(/^order +[0-9a-f-]{36}\nstatus +FILLED\nwhat +BUY 0.01 BTC\/USDT LIMIT GTC\n/);
  expect(shown.stdout).toMatch(/\d+Z +ACKNOWLEDGED +BINANCE/);
  expect((await run(`orders fills ${orderId}`)).stdout).toMatch(/0\.01 +50000 +0\.00001 BTC +MAKER$/m);
  expect((await run('orders list')).stdout).toMatch(new RegExp(`${orderId} .* FILLED$`, 'm'));

  const position = await run('positions get --asset BTC/USDT --exchange BINANCE --json');
  expect(position.json()).toMatchObject({ assetId: 'BTC/USDT', quantity: '0.00999' });
  expect((await run('positions list')).stdout).toMatch(/^BINANCE +BTC\/USDT +0\.00999 /m);
  expect((await run('positions get --asset BTC/USDT')).stdout).toMatch(/^quantity +0\.00999$/m);
  expect((await run('positions history --asset BTC/USDT')).stdout).toMatch(/ OPEN +0 → 0\.00999 /);
  expect((await run('positions get --asset ETH/USDT --exchange BINANCE --json')).json()).toBeNull();

  expect((await run('positions list --level asset')).stdout).toMatch(/^BTC\/USDT +0\.00999 .* BINANCE /m);
  expect((await run('positions get --base BTC')).stdout).toMatch(/^BTC\/USDT +BINANCE +0\.00999 .* 1$/m);
  const pnl = await run('positions pnl --asset BTC/USDT --price 51000 --json');
  expect(pnl.json()).toMatchObject({ totals: [{ quote: 'USDT', realizedPnL: '0', unrealizedPnL: '9.99' }] });
  const past = await run('positions list --as-of 2020-01-01T00:00:00Z --json');
  expect(past.json()).toEqual({ items: [] });
});

test('positions that are asked for in a way that means nothing are refused, each fault named', async () => {
  const fieldsOf = async (command: string): Promise<string[]> => {
    const { exitCode, stderr } = await run(`positions ${command} --json`);
    expect(exitCode).toBe(1);
    const { error } = JSON.parse(stderr) as { error: { faults: { field: string }[] } };
    return error.faults.map(({ field }) => field);
  };
  expect(await fieldsOf('get')).toEqual(['assetId']);
  expect(await fieldsOf('get --base BTC --exchange BINANCE')).toEqual(['exchangeId']);
  expect(await fieldsOf('get --asset BTC/USDT --currency EUR --as-of now')).toEqual(['asOf', 'currency']);
  expect(await fieldsOf('list --level asset --exchange KRAKEN')).toEqual(['exchangeId']);
  expect(await fieldsOf('pnl --price 1')).toEqual(['currentPrice']);
});

test('a refused order prints the answer, says why on stderr, and ends with 1', async () => {
  const { exitCode, stdout, stderr } = await run(
    'orders submit --strategy mine --side HOLD --type LIMIT --quantity -1',
  );
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^status +REJECTED$/m);
  expect(stderr).toMatch(/^INVALID_ORDER: The order can't be accepted: /);
  expect(stderr).toContain('  - side must be one of BUY, SELL, got "HOLD"');
  expect(stderr).toContain('  - quantity must be greater than 0, got "-1"');
  expect(stderr).toContain('  - idempotencyKey is required');
  expect(stderr).not.toContain('    at ');
});

test('an order comes from stdin, flags before its fields', async () => {
  const order = desk.anOrder({ price: '48000' });
  const submitted = await run('orders submit --file - --price 50000 --json', { stdin: JSON.stringify(order) });
  expect(submitted.exitCode).toBe(0);
  const { orderId } = submitted.json() as OrderResponse;
  expect(await desk.manager.getOrder(desk.tenantId, orderId)).toMatchObject({ price: '50000' });
  expect(await run('orders submit --file -', { stdin: '{' })).toMatchObject({ exitCode: 1 });
  expect(await run('orders submit --file -', { stdin: '[]' })).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('An order must be a JSON object'),
  });
});

test('what is not there, has ended, or has no answer yet has an exit code of its own', async () => {
  expect(await run(`orders get --key ${randomUUID()}`)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('ORDER_NOT_FOUND'),
  });
  expect(await run('orders get')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('either the orderId or --key'),
  });
  const late = await submit(randomUUID(), ' --timeout 1');
  expect(late.exitCode).toBe(3);
  expect(late.stderr).toContain('ask again with the same ids');
});

describe('exchanges', () => {
  /** In a process of its own, since Jest does not load what signs for the exchange. */
  const testOf = (tenant: string): Promise<CliResult> =>
    runCli(['exchanges', 'test', '--tenant', tenant, '--exchange', 'BINANCE'], { environment: environmentOf() });

  test('are registered with secrets from stdin, never shown again, tested, and switched off', async () => {
    const tenant = `${desk.tenantId}-b`;
    const credentials = { apiKey: 'b'.repeat(64), apiSecret: 'very-secret'.padEnd(64, 'x') };
    await desk.admin.addAccount({ accountId: tenant, ...credentials, balances: {} });
    const { rest, ws, wsApi } = testStack().simulator.exchanges['binance'] ?? {};
    const register = `exchanges register --tenant ${tenant} --exchange BINANCE --mode SANDBOX --rest-endpoint ${rest} --ws-endpoint ${wsApi} --ws-public-endpoint ${ws}/stream`;
    const registered = await run(`${register} --credentials-file - --json`, { stdin: JSON.stringify(credentials) });
    expect(registered).toMatchObject({ exitCode: 0, stderr: '' });
    expect(registered.stdout).not.toContain('very-secret');
    const connection = desk.client.workflow.getHandle(`connection/${tenant}/BINANCE`);
    expect((await connection.describe()).status.name).toBe('RUNNING');

    expect(await testOf(tenant)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('takes the credentials'),
    });
    const off = await run(`exchanges set-status --tenant ${tenant} --exchange BINANCE --status INACTIVE`);
    expect(off.stdout).toContain('BINANCE is INACTIVE');
    expect((await run(`exchanges list --tenant ${tenant}`)).stdout).toMatch(/^BINANCE +BINANCE +SANDBOX +INACTIVE /m);
    expect((await run(`exchanges get --tenant ${tenant} --exchange BINANCE`)).stdout).toMatch(/^status +INACTIVE$/m);
    await connection.terminate();
  });

  test('with a key that the exchange does not know fail their test', async () => {
    const tenant = `${desk.tenantId}-c`;
    const { rest, ws, wsApi } = testStack().simulator.exchanges['binance'] ?? {};
    const environment = { EXCHANGE_API_KEY: 'nobody'.padEnd(64, 'x'), EXCHANGE_API_SECRET: 's'.repeat(64) };
    const register = `exchanges register --tenant ${tenant} --exchange BINANCE --mode SANDBOX --rest-endpoint ${rest} --ws-endpoint ${wsApi} --ws-public-endpoint ${ws}/stream`;
    expect(await run(register, { environment })).toMatchObject({ exitCode: 0 });
    expect(await testOf(tenant)).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('refuses them') });
    await desk.client.workflow.getHandle(`connection/${tenant}/BINANCE`).terminate();
  });

  test('without secrets say where those come from', async () => {
    const { exitCode, stderr } = await run('exchanges register --exchange BINANCE --mode SANDBOX');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('give --credentials-file, or set EXCHANGE_API_KEY and EXCHANGE_API_SECRET');
  });
});

test('limits show each scope and category, for people and for programs', async () => {
  const [shown] = (await run('limits --json')).json() as { exchangeId: string; limits: { category: string }[] }[];
  expect(shown).toMatchObject({ exchangeId: 'BINANCE', queue: { queuedRequests: 0 } });
  const categories = new Set(shown?.limits.map(({ category }) => category));
  expect(categories).toEqual(new Set(['ORDERS', 'QUERIES', 'WEBSOCKET', 'WEIGHT']));
  const table = (await run('limits --exchange BINANCE')).stdout;
  expect(table).toMatch(/^exchange +scope +category +per +limit +used +remaining +reserved +reset +queue +ban$/m);
  expect(table).toMatch(/^BINANCE +IP +WEIGHT +60 s +\d+ +\d+ +\d+ +\d+ +\S+ +0$/m);
  expect(await run('limits --exchange NOWHERE')).toMatchObject({ exitCode: 1 });
});

test('tables are created, again without effect', async () => {
  expect(await run('tables create --json')).toMatchObject({ exitCode: 0 });
});
