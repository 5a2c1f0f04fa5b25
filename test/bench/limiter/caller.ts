import { Agent, request } from 'node:http';
import { Redis } from 'ioredis';
import { systemClock } from '../../../src/platform/clock';
import type { Budget } from '../../../src/ratelimit/budget';
import type { RequestPriority } from '../../../src/ratelimit/priority';
import { gatesOf } from '../../../src/ratelimit/scopes';
import { sharedRateLimiter } from '../../ratelimit/shared-limiter';

/** What one process of the overload is told. */
export interface CallerTask {
  redisUrl: string;
  port: number;
  budget: Budget;
  ordersPerSecond: number;
  cancelsPerSecond: number;
  seconds: number;
}

/** What it tells: waits in ms of what was granted, and how much was refused. */
export interface CallerReport {
  orderWaitsMs: number[];
  cancelWaitsMs: number[];
  refused: number;
}

async function work(task: CallerTask): Promise<CallerReport> {
  const redis = new Redis(task.redisUrl, { enableAutoPipelining: true });
  const limiter = sharedRateLimiter(redis);
  const agent = new Agent({ keepAlive: true });
  const report: CallerReport = { orderWaitsMs: [], cancelWaitsMs: [], refused: 0 };
  const gates = gatesOf(task.budget);
  const call = async (priority: RequestPriority, waitsMs: number[]): Promise<void> => {
    const startedMs = performance.now();
    const charges = [{ budget: task.budget, cost: 1 }];
    const turn = await limiter.acquire({ exchangeId: 'BINANCE', charges, gates, priority });
    if (!turn.granted) {
      report.refused += 1;
      return;
    }
    waitsMs.push(performance.now() - startedMs);
    await knock(agent, task.port);
    await turn.release({ sent: true });
  };
  await Promise.all([
    repeat(task.ordersPerSecond, task.seconds, () => call('NORMAL', report.orderWaitsMs)),
    repeat(task.cancelsPerSecond, task.seconds, () => call('CRITICAL', report.cancelWaitsMs)),
  ]);
  agent.destroy();
  await redis.quit();
  return report;
}

/** Calls come at random, so many a second, whether earlier ones are done or not. */
async function repeat(perSecond: number, seconds: number, call: () => Promise<void>): Promise<void> {
  const calls: Promise<void>[] = [];
  const endMs = performance.now() + seconds * 1_000;
  for (let atMs = performance.now(); ;) {
    atMs += (-Math.log(1 - Math.random()) / perSecond) * 1_000;
    if (atMs >= endMs) break;
    await systemClock.sleep(Math.max(0, atMs - performance.now()));
    calls.push(call());
  }
  await Promise.all(calls);
}

function knock(agent: Agent, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ agent, port, host: '127.0.0.1', method: 'POST' }, (response) => {
      response.resume();
      response.once('end', resolve);
    })
      .once('error', reject)
      .end();
  });
}

// The way TypeScript is run here lets a forked process end by itself: this one waits for its task.
process.channel?.ref();
process.once('message', (task: CallerTask) => {
  void work(task).then((report) => process.send?.(report, () => process.disconnect()));
});
