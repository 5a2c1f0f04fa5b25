import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, copyFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { SimulatorAdmin } from '../../src/simulator/admin-client';
import { Exchange } from '../../src/simulator/exchange/exchange';
import type { RunningSimulator } from '../../src/simulator/simulator';
import { SignedClient } from './signed-client';
import { commands, openingCommands } from './simulator-commands';

async function inDirectory(action: (directory: string) => void | Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'simulator-journal-'));
  try {
    await action(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function openExchange(directory: string): Exchange {
  const exchange = new Exchange(directory);
  if (exchange.engine.markets.size === 0) for (const command of openingCommands()) exchange.execute(command);
  return exchange;
}

test('killed and closed at any moments, the exchange comes back as it was', async () => {
  const plan = fc.tuple(commands({ withStops: true }), fc.array(fc.nat(60), { maxLength: 4 }), fc.boolean());
  await fc.assert(
    fc.asyncProperty(plan, ([sequence, stops, isClean]) =>
      inDirectory((directory) => {
        let exchange = openExchange(directory);
        sequence.forEach((command, index) => {
          exchange.execute(command);
          if (!stops.includes(index)) return;
          const before = exchange.engine.dump();
          if (isClean) exchange.close();
          else exchange.abandon();
          exchange = openExchange(directory);
          expect(exchange.engine.dump()).toEqual(before);
        });
        exchange.abandon();
      }),
    ),
    { numRuns: 100 },
  );
});

test('a line that was cut off is dropped, and the next one follows the last whole one', () =>
  inDirectory((directory) => {
    const exchange = openExchange(directory);
    const before = exchange.engine.dump();
    exchange.abandon();
    appendFileSync(join(directory, 'journal.jsonl'), '{"sequence":5,"command":{"type":"tran');
    const second = openExchange(directory);
    expect(second.engine.dump()).toEqual(before);
    second.execute({ type: 'transfer', atMs: 9, accountId: 'ann', asset: 'USD', amount: '1' });
    const after = second.engine.dump();
    second.abandon();
    const third = openExchange(directory);
    expect(third.engine.dump()).toEqual(after);
    third.abandon();
  }));

test('a crash between the snapshot and the emptying of the journal applies nothing twice', () =>
  inDirectory((directory) => {
    const exchange = openExchange(directory);
    exchange.execute({ type: 'transfer', atMs: 9, accountId: 'ann', asset: 'USD', amount: '1' });
    const before = exchange.engine.dump();
    copyFileSync(join(directory, 'journal.jsonl'), join(directory, 'full.jsonl'));
    exchange.close();
    copyFileSync(join(directory, 'full.jsonl'), join(directory, 'journal.jsonl'));
    const again = openExchange(directory);
    expect(again.engine.dump()).toEqual(before);
    again.abandon();
  }));

describe('as a process', () => {
  const account = {
    accountId: 'killed',
    apiKey: 'killedAccountKey',
    apiSecret: 'killedAccountSecret',
    balances: { USDT: '1000000', BTC: '10' },
  };

  async function start(directory: string): Promise<{ process: ChildProcess; simulator: RunningSimulator }> {
    const child = fork(join(__dirname, '../../src/simulator/main.ts'), [], {
      execArgv: ['-r', join(__dirname, '../stack/typescript-hook.cjs')],
      env: {
        ...process.env,
        SIMULATOR_DIRECTORY: directory,
        SIMULATOR_ACCOUNTS: JSON.stringify([account]),
        SIMULATOR_MARKET_INTERVAL_MS: '20',
      },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    return { process: child, simulator: JSON.parse(String(line)) as RunningSimulator };
  }

  test(
    'kill -9 in a burst of orders loses no order, fill or balance that was answered',
    () =>
      inDirectory(async (directory) => {
        const first = await start(directory);
        const client = new SignedClient(first.simulator.binance.rest, account.apiKey, account.apiSecret);
        const acknowledged: { orderId: number; executedQty: string; status: string }[] = [];
        const burst = Array.from({ length: 40 }, async (_, index) => {
          const price = index % 2 === 0 ? '70000' : '50000';
          const { body } = await client.order({ price, newClientOrderId: `burst-${index}` });
          acknowledged.push(body as never);
          if (acknowledged.length === 20) first.process.kill('SIGKILL');
        });
        await Promise.allSettled(burst);
        expect(acknowledged.length).toBeGreaterThanOrEqual(20);

        const second = await start(directory);
        const { orders, trades, accounts } = await new SimulatorAdmin(second.simulator.admin).state();
        for (const { orderId, executedQty } of acknowledged) {
          const order = orders.find((each) => each.orderId === orderId);
          expect(Number(order?.executed)).toBeGreaterThanOrEqual(Number(executedQty));
        }
        const bought = trades.reduce((sum, { quantity, taker }) => sum + Number(quantity) - Number(taker.fee), 0);
        const btc = accounts[0]!.balances.find(({ asset }) => asset === 'BTC')!;
        expect(Number(btc.free)).toBeCloseTo(10 + bought, 8);
        second.process.kill('SIGTERM');
        expect(await once(second.process, 'exit')).toEqual([0, null]);
      }),
    20_000,
  );
});
