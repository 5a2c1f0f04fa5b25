import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import Bottleneck from 'bottleneck';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { systemRandom } from '../../src/platform/random';
import { gatesOf } from '../../src/ratelimit/scopes';
import { TYPESCRIPT_ARGUMENTS } from '../stack/options';
import { aBudget } from '../ratelimit/budgets';
import { sharedRateLimiter } from '../ratelimit/shared-limiter';
import type { CallerReport, CallerTask } from './limiter/caller';
import { Referee, type Verdict } from './limiter/referee';
import { percentiles, ratio, type Percentiles } from './percentiles';

export interface LimiterFigures {
  speed: { limiter: string; perSecond: number; latencyMs: Percentiles }[];
  overload: OverloadFigures;
}

interface OverloadFigures extends Verdict {
  processes: number;
  seconds: number;
  offeredPerSecond: number;
  limitPerSecond: number;
  /** Of the limit without what is reserved for cancels. */
  shareUsed: number;
  refused: number;
  orderWaitMs: Percentiles;
  cancelWaitMs: Percentiles;
}

const CALLERS = 50;
const CALLS_A_BLOCK = 4_000;
const WARM_UP_CALLS = 500;
const NO_LIMIT = 1_000_000_000;
const PROCESSES = 4;
/** As Binance limits orders: by ten seconds. */
const LIMIT = 500;
const WINDOW_MS = 10_000;
const RESERVED_PERCENT = 10;
const PER_SECOND = (LIMIT * 1_000) / WINDOW_MS;
const OVERLOAD = 3;
const CANCELS_PER_SECOND = 5;

/** Ours beside two libraries on one Redis, and four processes that want three times what is allowed. */
export async function measureLimiter(
  redisUrl: string,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<LimiterFigures> {
  return { speed: await measureSpeed(redisUrl, rounds), overload: await measureOverload(redisUrl, seconds) };
}

interface Contender {
  limiter: string;
  acquire(): Promise<void>;
  close(): Promise<unknown>;
}

async function measureSpeed(redisUrl: string, rounds: number): Promise<LimiterFigures['speed']> {
  const contenders = [
    ours(redisUrl, 'ours, one window', 1),
    ours(redisUrl, 'ours, orders of two windows and weight', 2),
    flexible(redisUrl),
    bottleneck(redisUrl),
  ];
  const measured = contenders.map(() => ({ perSecond: [] as number[], latenciesMs: [] as number[] }));
  for (const contender of contenders) await block(contender, WARM_UP_CALLS);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      const { perSecond, latenciesMs } = await block(contender, CALLS_A_BLOCK);
      measured[index]?.perSecond.push(perSecond);
      measured[index]?.latenciesMs.push(...latenciesMs);
    }
  }
  for (const contender of contenders) await contender.close();
  return contenders.map(({ limiter }, index) => {
    const { perSecond = [], latenciesMs = [] } = measured[index] ?? {};
    return { limiter, perSecond: percentiles(perSecond).p50, latencyMs: percentiles(latenciesMs) };
  });
}

async function block(contender: Contender, calls: number): Promise<{ perSecond: number; latenciesMs: number[] }> {
  const latenciesMs: number[] = [];
  let left = calls;
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (left > 0) {
        left -= 1;
        const calledMs = performance.now();
        await contender.acquire();
        latenciesMs.push(performance.now() - calledMs);
      }
    }),
  );
  return { perSecond: (calls / (performance.now() - startedMs)) * 1_000, latenciesMs };
}

function ours(redisUrl: string, limiter: string, budgets: 1 | 2): Contender {
  const redis = new Redis(redisUrl, { enableAutoPipelining: true });
  const shared = sharedRateLimiter(redis);
  const owner = `bench-${systemRandom.uuid()}`;
  const second = { limit: NO_LIMIT, windowMs: 1_000 };
  const minute = { limit: NO_LIMIT, windowMs: 60_000 };
  const orders = aBudget({ owner, model: { windows: budgets === 1 ? [second] : [second, minute] } });
  const key = `ratelimit:${owner}:{BINANCE}:WEIGHT`;
  const weight = aBudget({ owner, key, category: 'WEIGHT', model: { windows: [minute] } });
  const charges = (budgets === 1 ? [orders] : [orders, weight]).map((budget) => ({ budget, cost: 1 }));
  const call = { exchangeId: 'BINANCE', charges, gates: gatesOf(orders), priority: 'NORMAL' } as const;
  return {
    limiter,
    acquire: async () => {
      const turn = await shared.acquire(call);
      if (!turn.granted) throw new Error('A limiter without a limit refused.');
      void turn.release({ sent: true });
    },
    close: () => redis.quit(),
  };
}

function flexible(redisUrl: string): Contender {
  const redis = new Redis(redisUrl, { enableAutoPipelining: true });
  const options = { storeClient: redis, keyPrefix: `bench-${systemRandom.uuid()}`, points: NO_LIMIT, duration: 1 };
  const limiter = new RateLimiterRedis(options);
  return {
    limiter: 'rate-limiter-flexible, one window',
    acquire: async () => void (await limiter.consume('orders')),
    close: () => redis.quit(),
  };
}

function bottleneck(redisUrl: string): Contender {
  const { hostname: host, port } = new URL(redisUrl);
  const limiter = new Bottleneck({
    id: `bench-${systemRandom.uuid()}`,
    datastore: 'ioredis',
    Redis,
    clientOptions: { host, port: Number(port) },
    reservoir: NO_LIMIT,
    reservoirRefreshAmount: NO_LIMIT,
    reservoirRefreshInterval: 1_000,
  });
  return {
    limiter: 'bottleneck, one reservoir',
    acquire: () => limiter.schedule(() => Promise.resolve()),
    close: () => limiter.disconnect(),
  };
}

async function measureOverload(redisUrl: string, seconds: number): Promise<OverloadFigures> {
  const budget = aBudget({
    model: { windows: [{ limit: LIMIT, windowMs: WINDOW_MS }] },
    criticalReservationPercent: RESERVED_PERCENT,
    warningThresholdPercent: 80,
  });
  const referee = await Referee.open(LIMIT, WINDOW_MS);
  const task = {
    redisUrl,
    port: referee.port,
    budget,
    ordersPerSecond: (PER_SECOND * OVERLOAD - CANCELS_PER_SECOND) / PROCESSES,
    cancelsPerSecond: CANCELS_PER_SECOND / PROCESSES,
    seconds,
  };
  const startedMs = performance.now();
  const reports = await Promise.all(Array.from({ length: PROCESSES }, () => runCaller(task)));
  // Whole windows, without the start of the processes and the end, when the queue runs dry.
  const windows = Math.floor((seconds * 1_000 - START_MS) / WINDOW_MS);
  const rate = referee.rate(startedMs + START_MS, startedMs + START_MS + windows * WINDOW_MS);
  const verdict = referee.verdict();
  referee.close();
  return {
    ...verdict,
    processes: PROCESSES,
    seconds,
    offeredPerSecond: PER_SECOND * OVERLOAD,
    limitPerSecond: PER_SECOND,
    shareUsed: ratio(rate, PER_SECOND * (1 - RESERVED_PERCENT / 100)),
    refused: reports.reduce((sum, { refused }) => sum + refused, 0),
    orderWaitMs: percentiles(reports.flatMap(({ orderWaitsMs }) => orderWaitsMs)),
    cancelWaitMs: percentiles(reports.flatMap(({ cancelWaitsMs }) => cancelWaitsMs)),
  };
}

/** Until the processes run. */
const START_MS = 5_000;

async function runCaller(task: CallerTask): Promise<CallerReport> {
  const child = fork(join(__dirname, 'limiter', 'caller.ts'), {
    execArgv: [...TYPESCRIPT_ARGUMENTS],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.send(task);
  const ended = once(child, 'exit');
  const report = await Promise.race([once(child, 'message'), ended.then(() => undefined)]);
  if (report === undefined) throw new Error('A calling process ended before it reported.');
  await ended;
  return report[0] as CallerReport;
}

if (require.main === module) {
  const [redisUrl = '', seconds = '60', rounds = '4'] = process.argv.slice(2);
  void measureLimiter(redisUrl, { rounds: Number(rounds), seconds: Number(seconds) }).then((figures) =>
    process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`),
  );
}
