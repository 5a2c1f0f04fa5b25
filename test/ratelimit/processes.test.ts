import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Stack } from '../../src/local/stack';
import { startStack } from '../../src/local/stack';
import { silentLogger } from '../../src/platform/logger';
import type { Budget } from '../../src/ratelimit/budget';
import type { NoTurn, RateLimiter, Turn } from '../../src/ratelimit/rate-limiter';
import type { RequestPriority } from '../../src/ratelimit/priority';
import { gatesOf } from '../../src/ratelimit/scopes';
import { createRedis, type RedisConnection, redisReady } from '../../src/storage/redis/client';
import type { CallerReport, CallerTask } from '../bench/limiter/caller';
import { Referee } from '../bench/limiter/referee';
import { eventually } from '../stack/eventually';
import { testStackOptions, TYPESCRIPT_ARGUMENTS } from '../stack/options';
import { testStack } from '../stack/stack';
import { aBudget } from './budgets';
import { sharedRateLimiter } from './shared-limiter';

const CALLER = join(__dirname, '..', 'bench', 'limiter', 'caller.ts');

async function runCaller(task: CallerTask): Promise<CallerReport> {
  const child = fork(CALLER, { execArgv: [...TYPESCRIPT_ARGUMENTS], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.send(task);
  const [report] = (await once(child, 'message')) as [CallerReport];
  return report;
}

test('processes that all want more than there is stay within one budget together, and cancels get through', async () => {
  const [limit, windowMs] = [30, 500];
  const budget = aBudget({
    exchangeId: 'COINBASE',
    model: { windows: [{ limit, windowMs }] },
    criticalReservationPercent: 10,
    warningThresholdPercent: 80,
  });
  const referee = await Referee.open(limit, windowMs);
  const task = {
    redisUrl: testStack().redisUrl,
    port: referee.port,
    budget,
    ordersPerSecond: 60,
    cancelsPerSecond: 2,
    seconds: 3,
  };
  const reports = await Promise.all([runCaller(task), runCaller(task), runCaller(task)]);
  const { arrived, violations } = referee.verdict();
  referee.close();
  expect(violations).toBe(0);
  expect(arrived).toBe(
    reports.flatMap(({ orderWaitsMs, cancelWaitsMs }) => [...orderWaitsMs, ...cancelWaitsMs]).length,
  );
  expect(arrived).toBeGreaterThan(limit);
  expect(Math.min(...reports.map(({ cancelWaitsMs }) => cancelWaitsMs.length))).toBeGreaterThan(0);
}, 60_000);

test('what waits in one process can be seen from another, and is gone when it has had its turn', async () => {
  const redis = new Redis(testStack().redisUrl, { enableAutoPipelining: true });
  const [one, another, other] = [1, 2, 3].map(() => sharedRateLimiter(redis)) as [
    RateLimiter,
    RateLimiter,
    RateLimiter,
  ];
  const budget = aBudget({ exchangeId: 'BYBIT', model: { windows: [{ limit: 2, windowMs: 3_000 }] } });
  const turns = [callOf(one, budget, 'NORMAL'), callOf(one, budget, 'NORMAL')];
  await Promise.all(turns);
  const waiting = [one, another].flatMap((limiter) => [
    callOf(limiter, budget, 'NORMAL', 20_000),
    callOf(limiter, budget, 'CRITICAL', 20_000),
  ]);
  await eventually(async () => {
    const status = await other.getQueueStatus('BYBIT');
    expect(status).toMatchObject({ queuedRequests: 4, criticalRequests: 2 });
    expect(status.estimatedClearTimeMs).toBeGreaterThan(4 * 1_500);
    expect(status.estimatedClearTimeMs).toBeLessThanOrEqual(3_000 + 4 * 1_500);
  });
  await Promise.all(waiting);
  expect(await other.getQueueStatus('BYBIT')).toMatchObject({ queuedRequests: 0 });
  await redis.quit();
});

describe('Redis, killed and back', () => {
  const directory = mkdtempSync(join(tmpdir(), 'limiter-redis-'));
  const windowMs = 400;
  const budget = aBudget({
    exchangeId: 'OKX',
    model: { windows: [{ limit: 40, windowMs }] },
    criticalReservationPercent: 10,
  });
  let stack: Stack;
  let connections: RedisConnection[];

  beforeAll(async () => {
    stack = await startStack({ ...testStackOptions(directory), parts: ['redis'] });
    connections = [1, 2].map(() => createRedis(stack.redisUrl, silentLogger));
    await Promise.all(connections.map((redis) => redisReady(redis)));
  }, 60_000);

  afterAll(async () => {
    for (const redis of connections) redis.disconnect();
    await stack?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test('a share each while it is away, after a whole window; one budget again afterwards; cancels throughout', async () => {
    const options = { workersMax: 4, patienceMs: 200, probeMs: 50 };
    const [one, other] = connections.map((redis) => sharedRateLimiter(redis, options)) as [RateLimiter, RateLimiter];
    expect((await callOf(one, budget, 'NORMAL')).granted).toBe(true);
    expect((await callOf(other, budget, 'NORMAL')).granted).toBe(true);

    await stack.parts.redis!.kill();
    const lostMs = performance.now();
    expect((await callOf(one, budget, 'NORMAL')).granted).toBe(true);
    expect(performance.now() - lostMs).toBeGreaterThanOrEqual(options.patienceMs + windowMs - 5);
    expect(one.counts('OKX').alone).toBe(true);
    // A quarter of 40, one of them reserved for cancels, two of them gone with the first call and its slot.
    const taken = await takeAll(one, 'NORMAL');
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThanOrEqual(10);

    await stack.parts.redis!.start();
    await eventually(async () => {
      await callOf(one, budget, 'CRITICAL');
      expect(one.counts('OKX').alone).toBe(false);
    });
    expect((await callOf(other, budget, 'CRITICAL')).granted).toBe(true);
    const both = await Promise.all([takeAll(one, 'NORMAL', 2_000), takeAll(other, 'NORMAL', 2_000)]);
    expect(both[0] + both[1]).toBeGreaterThan(10);
  }, 60_000);

  const takeAll = async (limiter: RateLimiter, priority: RequestPriority, waitMsMax = 0): Promise<number> => {
    for (let taken = 0; taken < 100; taken += 1) {
      if (!(await callOf(limiter, budget, priority, waitMsMax)).granted) return taken;
    }
    return 100;
  };
});

async function callOf(
  limiter: RateLimiter,
  budget: Budget,
  priority: RequestPriority,
  waitMsMax?: number,
): Promise<Turn | NoTurn> {
  const call = { exchangeId: budget.exchangeId, charges: [{ budget, cost: 1 }], gates: gatesOf(budget), priority };
  const turn = await limiter.acquire({ ...call, ...(waitMsMax !== undefined && { waitMsMax }) });
  if (turn.granted) await turn.release({ sent: true });
  return turn;
}
