import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { feedKey } from '../../src/storage/redis/feed-log';
import type { FeedMessage } from '../../src/domain/feed';
import { FEED_TASK_QUEUE, FEED_WORKFLOW_ID, FEED_WORKFLOW_TYPE } from '../../workflows/feed/contract';
import { contractFaults } from '../client/contract-check';
import { openTradingDesk, type TradingDesk } from '../client/trading-desk';
import { expectWholeStory } from '../feed/lives';
import { freshNamespace } from '../stack/namespace';
import { pythonOfRiskEngine } from '../stack/python';
import { testStack } from '../stack/stack';
import { type CliInput, type CliResult, runHere } from './run-cli';

/** The SDK is installed once for all runs; a first run waits for that. */
const START_LIMIT_MS = 300_000;
const READER = join(__dirname, '..', 'integration', 'feed_reader.py');
const README = readFileSync(join(__dirname, '..', '..', 'workflows', 'feed', 'README.md'), 'utf8');

let desk: TradingDesk;
let python: string;
let filled: string;
let open: string;

/** One order that is filled in two parts, and one that rests: what all tests look at. */
beforeAll(async () => {
  const stack = { ...testStack(), redisUrl: `${testStack().redisUrl}/3` };
  const [namespace, interpreter] = await Promise.all([
    freshNamespace(stack.temporalAddress, 'feed-cli'),
    pythonOfRiskEngine(),
  ]);
  python = interpreter;
  desk = await openTradingDesk(stack, { namespace, tablePrefix: `feed-cli-${randomUUID()}-` });
  expect(await run('feed start')).toMatchObject({ exitCode: 0, stderr: '' });
  const [first, second] = await Promise.all([
    desk.manager.submitOrder(desk.anOrder()),
    desk.manager.submitOrder(desk.anOrder()),
  ]);
  [filled, open] = [first.orderId, second.orderId];
  await fill(filled, '0.004');
  await fill(filled);
  await desk.client.workflow.getHandle(`order/${desk.tenantId}/${filled}`).result();
}, START_LIMIT_MS);
afterAll(() => desk?.close());

function run(command: string, input: CliInput = {}): Promise<CliResult> {
  const environment = { ...desk.environment, EXCHANGE_INTEGRATION_TENANT: desk.tenantId };
  return runHere(command.split(' '), { ...input, environment });
}

async function fill(orderId: string, quantity?: string): Promise<void> {
  const { clientOrderId = '' } = await desk.manager.getOrder(desk.tenantId, orderId);
  await desk.admin.fill({ symbol: 'BTCUSDT', clientOrderId, ...(quantity !== undefined && { quantity }) });
}

const linesOf = ({ stdout }: CliResult): FeedMessage[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as FeedMessage);

const hasEnded = (orderId: string) => (line: string) => {
  const message = JSON.parse(line) as FeedMessage;
  return message.kind === 'ORDER' && message.orderId === orderId && message.order.completedAt !== undefined;
};

test('the tail of the feed tells an order from its creation to its end, as the contract says', async () => {
  const told = await run('feed tail --from 0 --json', { stopAfter: hasEnded(filled) });
  expect(told).toMatchObject({ exitCode: 0, stderr: '' });
  const messages = linesOf(told);
  expect(messages.flatMap((message) => contractFaults('FeedMessage', message))).toEqual([]);
  expectWholeStory(messages, await desk.manager.getOrder(desk.tenantId, filled));
  const shown = await run('feed tail --from 0 --count 2');
  expect(shown.stdout).toMatch(
    /^ +1 {2}\d.*Z {2}[0-9a-f-]{36} {2}PENDING {2}BUY 0\.01 BTC\/USDT LIMIT 50000: CREATED by service$/m,
  );
});

test('a reader in Python gets the same messages, by the code of the contract', async () => {
  const messages = linesOf(await run('feed tail --from 0 --json', { stopAfter: hasEnded(filled) }));
  const read = async (cursor: number, count: number): Promise<unknown[]> => {
    const env = { REDIS_URL: desk.environment['REDIS_URL'] };
    const { stdout } = await promisify(execFile)(python, [READER, desk.tenantId, `${cursor}`, `${count}`], { env });
    return linesOf({ stdout } as CliResult);
  };
  expect(await read(0, messages.length)).toEqual(messages);
  expect(await read(3, 2)).toEqual(messages.slice(3, 5));
  expect(await read(1_000_000, 1)).toMatchObject([{ kind: 'RESYNC' }]);
  const [, code = ''] = /```python\n(.*?)```/s.exec(README) ?? [];
  expect(readFileSync(READER, 'utf8')).toContain(code);
});

test('a watched order is shown as it stands, then at each change, until it has ended', async () => {
  const { orderId } = await desk.manager.submitOrder(desk.anOrder());
  let filling: Promise<void> | undefined;
  const watched = await run(`orders watch ${orderId} --json`, {
    stopAfter: () => {
      filling ??= fill(orderId);
      return false;
    },
  });
  expect(watched).toMatchObject({ exitCode: 0, stderr: '' });
  const [snapshot, ...changes] = linesOf(watched);
  expect(snapshot).toMatchObject({ kind: 'SNAPSHOT', order: { orderId } });
  expect(changes.map((message) => message.kind)).toContain('EXECUTION');
  expect(changes.at(-1)).toMatchObject({ kind: 'ORDER', orderId, order: { status: 'FILLED' } });
  expect(changes.every((message) => 'orderId' in message && message.orderId === orderId)).toBe(true);
});

test('without names the open orders are watched, of one strategy if asked; it ends with Ctrl-C', async () => {
  const strategyId = 'watched';
  await desk.manager.submitOrder(desk.anOrder({ strategyId }));
  let submitted: Promise<unknown> | undefined;
  const watched = await run(`orders watch --strategy ${strategyId}`, {
    stopAfter: (line) => {
      submitted ??= Promise.all([
        desk.manager.submitOrder(desk.anOrder()),
        desk.manager.submitOrder(desk.anOrder({ strategyId, price: '48000' })),
      ]);
      return /OPEN {2}BUY .* 48000: ACKNOWLEDGED by BINANCE$/.test(line);
    },
  });
  await submitted;
  expect(watched.stdout).toMatch(/^created +order +strategy/);
  expect(watched.stdout).toMatch(/ watched +BINANCE +BTC\/USDT/);
  expect(watched.stdout).not.toMatch(/Z {2}[0-9a-f-]{36} .* 50000: /);
});

test('an order is explained: what happened, who said so, and what it waits for', async () => {
  const told = (await run(`orders explain ${filled}`)).stdout;
  expect(told).toContain(`Order ${filled}: BUY 0.01 BTC/USDT, LIMIT at 50000, GTC on BINANCE, for strategy trend`);
  expect(told).toMatch(/\+[\d.]+ m?s +BINANCE +The exchange has accepted it\./);
  expect(told).toMatch(/traded.* at 50000\./);
  expect(told).toMatch(
    /^Now: FILLED, after .*: 0\.01 of 0\.01 traded at 50000 on average, .* Nothing is waited for\.$/m,
  );
  expect((await run(`orders explain ${open}`)).stdout).toContain('It waits for somebody to trade the remaining 0.01.');
});

test('names in the README are those of the code', () => {
  for (const name of [feedKey('<tenantId>'), FEED_WORKFLOW_ID, FEED_WORKFLOW_TYPE, FEED_TASK_QUEUE])
    expect(README).toContain(`\`${name}\``);
});
