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

test('a reconnection strategy that makes no sense is refused with all its faults; another is kept for its exchange', async () => {
  const manager = managerOf(sandbox);
  const strategy = { initialDelayMs: 100, maxDelayMs: 5_000, multiplier: 2, maxAttempts: 3, jitterPercent: 0 };
  const wrong = { ...strategy, maxDelayMs: 50, maxAttempts: 0 };
  await expect(manager.setReconnectionStrategy('BINANCE', wrong)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    faults: [{ field: 'maxDelayMs' }, { field: 'maxAttempts' }],
  });
  await manager.setReconnectionStrategy('BINANCE', strategy);
  expect([manager.reconnectionStrategy('BINANCE'), manager.reconnectionStrategy('OKX')]).toEqual([strategy, undefined]);
});
