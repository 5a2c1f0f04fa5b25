import { CONNECTIONS_A_POOL_MAX } from '../../src/connection-manager/connection-manager';
import { ServiceError } from '../../src/domain/errors';
import type { ExchangeConfig } from '../../src/domain/exchange';
import type { PlacedOrder } from '../../src/exchanges/adapter';
import { managerOf } from './own-pool';
import { ScriptedAdapter } from './scripted-adapter';

const config = { tenantId: 'demo', exchangeId: 'BINANCE', restEndpoint: 'http://x' } as ExchangeConfig;
const order = {} as PlacedOrder;
const sandbox = { config, createAdapter: () => new ScriptedAdapter().asAdapter() };

test('an order call that fails with an error is no denial: something may have been sent', async () => {
  const met = new ServiceError('EXCHANGE_FAULT', 'The reply is not understood.');
  const scripted = new ScriptedAdapter({ submitOrder: () => Promise.reject(met) });
  const adapter = managerOf(sandbox).keep(config, () => scripted.asAdapter());
  await expect(adapter.submitOrder(order)).rejects.toBe(met);
});

test('an order call that the pool has no room for is denied, with nothing sent', async () => {
  let sent = 0;
  const scripted = new ScriptedAdapter({
    submitOrder: () => Promise.resolve({ outcome: 'accepted', value: sent++ }) as never,
  });
  const manager = managerOf(sandbox, { maxConnections: 1 });
  const [first, second] = [1, 2].map(() => manager.keep(config, () => scripted.asAdapter()));
  await first?.submitOrder(order);
  expect(await second?.submitOrder(order)).toMatchObject({
    outcome: 'denied',
    error: { code: 'CONNECTIONS_EXHAUSTED' },
    retryAt: expect.any(Number) as number,
  });
  expect(sent).toBe(1);
});

test('a check of open orders that runs on when its stream is handed over leaves no connection behind, however often', async () => {
  const manager = managerOf(sandbox);
  for (let handOver = 0; handOver <= CONNECTIONS_A_POOL_MAX; handOver++) {
    const submitOrder = (): Promise<never> => Promise.reject(new Error('sent'));
    const scripted = new ScriptedAdapter({ listOpenOrders: () => Promise.resolve([]), submitOrder });
    const adapter = manager.keep(config, () => scripted.asAdapter());
    await adapter.connect();
    expect(await adapter.listOpenOrders('demo')).toEqual([]);
    await adapter.disconnect();
    await expect(adapter.listOpenOrders('demo')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(await adapter.submitOrder(order)).toMatchObject({ outcome: 'denied', error: { code: 'SHUTTING_DOWN' } });
    expect(manager.list()).toEqual([]);
  }
});

test('an adapter that is connected again, or that a shutdown closed, takes calls again', async () => {
  const manager = managerOf(sandbox);
  const scripted = new ScriptedAdapter({ listOpenOrders: () => Promise.resolve([]) });
  const adapter = manager.keep(config, () => scripted.asAdapter());
  await adapter.connect();
  await adapter.disconnect();
  await adapter.connect();
  expect(await adapter.listOpenOrders('demo')).toEqual([]);
  await manager.gracefulShutdown('demo');
  expect(await adapter.listOpenOrders('demo')).toEqual([]);
});

test('a reconnection strategy that makes no sense is refused with all its faults; another is kept for its exchange', async () => {
  const manager = managerOf(sandbox);
  const strategy = { initialDelayMs: 100, maxDelayMs: 5_000, multiplier: 2, maxAttempts: 3, jitterPercent: 0 };
  const wrong = { ...strategy, maxDelayMs: 50, maxAttempts: 0, jitterPercent: 101 };
  await expect(manager.setReconnectionStrategy('BINANCE', wrong)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    faults: [
      { field: 'maxDelayMs' },
      { field: 'maxAttempts' },
      { field: 'jitterPercent', message: 'must be at most 100, got 101' },
    ],
  });
  await manager.setReconnectionStrategy('BINANCE', strategy);
  expect([manager.reconnectionStrategy('BINANCE'), manager.reconnectionStrategy('OKX')]).toEqual([strategy, undefined]);
});
