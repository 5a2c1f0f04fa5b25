import type { Client } from '@temporalio/client';
import { cancelTaskQueue, CONNECTIONS_TASK_QUEUE, exchangeTaskQueue, LEDGER_TASK_QUEUE } from '../../activities/queues';
import { ORDERS_TASK_QUEUE } from '../../workflows/order/contract';
import type { Services } from '../composition/services';
import { withinLimit } from '../connections/time-limit';
import type { ExchangeConfig } from '../domain/exchange';
import type { Halt } from '../domain/halt';
import type { DependencyHealth } from '../health/dependencies';
import { type ExchangeFacts, judgeTrading, type TradingStatus } from '../health/trading-status';
import { isPolled } from '../temporal/pollers';

const READ_LIMIT_MS = 3_000;

export interface TradingStatusParts extends Pick<
  Services,
  'exchanges' | 'connectionStates' | 'rateLimiter' | 'safeguardsStore' | 'clock'
> {
  /** Absent: Temporal does not answer. */
  client: Client | undefined;
  dependencies: DependencyHealth[];
}

/** Whether the tenant can trade, per exchange, and why not. Never rejects: what can't be read is a reason. */
export async function readTradingStatus(parts: TradingStatusParts, tenantId: string): Promise<TradingStatus> {
  const { exchanges, safeguardsStore } = parts;
  const [configs, halts, unpolled] = await Promise.all([
    orElse(parts, [], exchanges.listExchanges(tenantId)),
    orElse(
      parts,
      [],
      safeguardsStore.get(tenantId).then((safeguards) => safeguards.halts),
    ),
    unpolledOf(parts, [
      [ORDERS_TASK_QUEUE, 'workflow'],
      [LEDGER_TASK_QUEUE, 'activity'],
      [CONNECTIONS_TASK_QUEUE, 'activity'],
    ]),
  ]);
  const facts = await Promise.all(configs.map((config) => factsOf(parts, config, halts)));
  return judgeTrading(parts.dependencies, unpolled, facts);
}

async function factsOf(
  parts: TradingStatusParts,
  config: ExchangeConfig,
  halts: readonly Halt[],
): Promise<ExchangeFacts> {
  const { tenantId, exchangeId } = config;
  const [connections, limits, unpolledQueues] = await Promise.all([
    parts.connectionStates.list({ tenantId, exchangeId }),
    orElse(parts, [], parts.rateLimiter.getRateLimitStatus({ tenantId, exchangeId })),
    unpolledOf(parts, [
      [exchangeTaskQueue(exchangeId), 'activity'],
      [cancelTaskQueue(exchangeId), 'activity'],
    ]),
  ]);
  return { config, connections, limits, halts, unpolledQueues };
}

async function unpolledOf(
  parts: TradingStatusParts,
  queues: readonly (readonly [string, 'workflow' | 'activity'])[],
): Promise<string[]> {
  const { client, clock } = parts;
  if (client === undefined) return [];
  const polled = await Promise.all(
    queues.map(([taskQueue, kind]) => orElse(parts, false, isPolled(client, taskQueue, kind, clock.now()))),
  );
  return queues.flatMap(([taskQueue], index) => (polled[index] ? [] : [taskQueue]));
}

async function orElse<T>({ clock }: TradingStatusParts, fallback: T, read: Promise<T>): Promise<T> {
  return await withinLimit(clock, READ_LIMIT_MS, 'Reading', read).catch(() => fallback);
}
