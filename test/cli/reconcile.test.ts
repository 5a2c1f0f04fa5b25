import type { ReconciliationReport } from '../../src/domain/reconciliation';
import { openTradingDesk, type TradingDesk } from '../client/trading-desk';
import { testStack } from '../stack/stack';
import { type CliResult, runHere } from './run-cli';

const TIME_LIMIT_MS = 60_000;

let desk: TradingDesk;
beforeAll(async () => {
  const environment = { SIMULATED_WAITS: JSON.stringify({ readDelayMs: 300 }) };
  desk = await openTradingDesk(testStack(), { environment });
}, TIME_LIMIT_MS);
afterAll(() => desk?.close());

const run = (...args: string[]): Promise<CliResult> =>
  runHere(['reconcile', ...args, '--exchange', 'BINANCE'], {
    environment: { ...desk.environment, EXCHANGE_INTEGRATION_TENANT: desk.tenantId },
  });

test(
  'an account is reconciled, what differs is shown and accepted, and earlier reports are listed',
  async () => {
    expect(await run('run')).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^state +OPENED$/m) });
    await desk.admin.deposit(desk.tenantId, 'USDT', '7.5', { unlisted: true });
    const found = await run('run');
    expect(found.exitCode).toBe(1);
    expect(found.stdout).toMatch(/^USDT +1000007.5 +1000000 +7.5$/m);
    const accepted = await run('run', '--accept', '--reason', 'interest', '--by', 'ada', '--json');
    expect(accepted.json() as ReconciliationReport).toMatchObject({ state: 'RECONCILED', requestedBy: 'ada' });
    expect((await run('list')).stdout).toMatch(/RECONCILED +ada[^]*DISCREPANT[^]*7.5 USDT[^]*OPENED/);
  },
  TIME_LIMIT_MS,
);

test('a schedule is made, changed and removed', async () => {
  expect((await run('schedule')).stdout).toContain('every 15 minutes');
  expect((await run('schedule', '--every-minutes', '60')).stdout).toContain('every 60 minutes');
  expect(await run('schedule', '--every-minutes', '0')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('from 1 to 1440'),
  });
  expect((await run('unschedule')).stdout).toContain('is no longer reconciled by schedule');
});
