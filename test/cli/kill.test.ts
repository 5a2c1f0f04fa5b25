import type { KillProgress } from '../../workflows/kill/contract';
import type { Halt, HaltRecord } from '../../src/domain/halt';
import { openTradingDesk, type TradingDesk } from '../client/trading-desk';
import { testStack } from '../stack/stack';
import { type CliResult, runHere } from './run-cli';

const TIME_LIMIT_MS = 60_000;

let desk: TradingDesk;
beforeAll(async () => {
  desk = await openTradingDesk(testStack());
}, TIME_LIMIT_MS);
afterAll(() => desk?.close());

const run = (...args: string[]): Promise<CliResult> =>
  runHere(args, { environment: { ...desk.environment, EXCHANGE_INTEGRATION_TENANT: desk.tenantId } });

test(
  'trading is stopped, shown, and goes on again',
  async () => {
    const [ours, other] = await Promise.all(
      ['trend', 'other'].map((strategyId) => desk.manager.submitOrder(desk.anOrder({ strategyId }))),
    );
    const scope = ['--strategy', 'trend', '--exchange', 'BINANCE'];
    const dry = await run('kill', ...scope, '--dry-run');
    expect(dry).toMatchObject({ exitCode: 0, stderr: '' });
    expect(dry.stdout).toContain(
      'Would halt tenant ' + desk.tenantId + ', on BINANCE, strategy trend and cancel 1 open orders:',
    );
    expect(dry.stdout).toContain(ours?.orderId);
    expect((await run('kill', 'list')).stdout).toBe('(none)\n');

    const killed = await run('kill', ...scope, '--reason', 'model went wild', '--by', 'alice');
    expect(killed).toMatchObject({ exitCode: 0, stderr: '' });
    expect(killed.stdout).toMatch(
      /^(CANCELLING|DONE): nothing in scope is sent any more; look \d+: \d of 1 orders still open$/m,
    );
    expect(killed.stdout).toMatch(/^1 of 1 open orders have ended\.$/m);
    expect((await run('orders', 'get', ours?.orderId ?? '')).stdout).toMatch(/^status +CANCELLED$/m);
    expect((await run('orders', 'get', other?.orderId ?? '')).stdout).toMatch(/^status +OPEN$/m);
    expect(await desk.manager.submitOrder(desk.anOrder())).toMatchObject({ error: { code: 'TRADING_HALTED' } });

    const [halt] = ((await run('kill', 'list', '--json')).json() as { items: Halt[] }).items;
    expect(halt).toMatchObject({ haltedBy: 'alice', scope: { strategyId: 'trend', exchangeId: 'BINANCE' } });
    const again = await run('kill', ...scope, '--reason', 'more', '--halt-id', halt?.haltId ?? '', '--json');
    expect(again.json() as KillProgress).toMatchObject({ stage: 'DONE', open: 0, halt: { haltId: halt?.haltId } });

    const released = await run('kill', 'release', halt?.haltId ?? '', '--reason', 'model fixed', '--by', 'bob');
    expect(released.stdout).toContain('is released by bob: model fixed. Orders go through again.');
    expect(await desk.manager.submitOrder(desk.anOrder())).toMatchObject({ status: 'OPEN' });
    const all = (await run('kill', 'list', '--all', '--json')).json() as { items: HaltRecord[] };
    expect(all.items).toMatchObject([{ haltId: halt?.haltId, release: { releasedBy: 'bob', reason: 'model fixed' } }]);
    expect((await run('kill', 'list', '--all')).stdout).toMatch(/trend +all +alice .* by bob: model fixed$/m);
  },
  TIME_LIMIT_MS,
);

test('a kill that says too little or too much halts nothing', async () => {
  expect(await run('kill')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('reason is required') });
  const typo = await run('kill', '--exchange', 'BINANC', '--asset', 'BTC', '--reason', 'x');
  expect(typo.exitCode).toBe(1);
  expect(typo.stderr).toContain('scope.exchangeId must be one of BINANCE');
  expect(typo.stderr).toContain('scope.assetId must be an instrument as BASE/QUOTE');
  expect(await run('kill', 'release', 'nothing', '--reason', 'x')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('HALT_NOT_FOUND'),
  });
  expect((await run('kill', 'list')).stdout).toBe('(none)\n');
});

test('limits are set, shown and switched off', async () => {
  const set = await run(
    ...'safeguards set --max-notional USDT=100000,EUR=50000 --price-collar 5 --orders-per-second 10'.split(' '),
    ...'--max-open-orders 100 --check-balance on --prevent-self-trade on --four-eyes-release on --by alice'.split(' '),
  );
  expect(set).toMatchObject({ exitCode: 0, stderr: '' });
  expect(set.stdout).toMatch(/^max notional +100000 USDT, 50000 EUR$/m);
  const off = await run(
    ...'safeguards set --max-notional off --price-collar off --check-balance off --json'.split(' '),
  );
  expect(off.stderr).toBe('');
  expect(off.json()).toMatchObject({
    version: expect.any(Number),
    settings: { ordersPerSecond: 10, maxOpenOrders: 100, preventSelfTrade: true, fourEyesRelease: true },
  });
  const shown = await run('safeguards', 'show');
  expect(shown.stdout).toMatch(/^price collar +off$/m);
  expect(shown.stdout).toMatch(/^changed +\S+Z by tester$/m);
  expect(await run('safeguards', 'set', '--check-balance', 'maybe')).toMatchObject({ exitCode: 2 });
  expect(await run('safeguards', 'set', '--price-collar', '-3')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('priceCollarPercent must be greater than 0'),
  });
});
