import type { ReportedConnection } from '../domain/connection';
import type { ExchangeConfig, ExchangeId } from '../domain/exchange';
import type { Halt } from '../domain/halt';
import { describeScope } from '../domain/halt';
import type { RateLimitState } from '../ratelimit/rate-limiter';
import type { DependencyHealth } from './dependencies';

/** Whether one exchange can be traded at, and why not. */
export interface ExchangeTradingStatus {
  exchangeId: ExchangeId;
  canTrade: boolean;
  /** Each of them alone stops new orders or makes fills late. */
  reasons: string[];
  /** What stops a part, or makes it slow. */
  notes: string[];
}

/** Whether a tenant can trade (specification is silent; architecture decision 22). */
export interface TradingStatus {
  canTrade: boolean;
  reasons: string[];
  dependencies: DependencyHealth[];
  exchanges: ExchangeTradingStatus[];
}

/** All that is known of one exchange; what could not be read is absent. */
export interface ExchangeFacts {
  config: ExchangeConfig;
  connections: readonly ReportedConnection[] | undefined;
  limits: readonly RateLimitState[];
  halts: readonly Halt[];
  /** Task queues of this exchange that no worker polls. */
  unpolledQueues: readonly string[];
}

export function judgeTrading(
  dependencies: DependencyHealth[],
  unpolledQueues: readonly string[],
  exchanges: readonly ExchangeFacts[],
): TradingStatus {
  const judged = exchanges.map(judgeExchange);
  const reasons = [
    ...dependencies.filter(({ ok, required }) => required && !ok).map(({ name, reason = '' }) => `${name}: ${reason}`),
    ...unpolledQueues.map(notPolled),
    ...(judged.length === 0
      ? ['No exchange is registered (exchanges register), or registrations can not be read.']
      : []),
  ];
  const canTrade = reasons.length === 0 && judged.some((exchange) => exchange.canTrade);
  return { canTrade, reasons, dependencies, exchanges: judged };
}

function judgeExchange({ config, connections, limits, halts, unpolledQueues }: ExchangeFacts): ExchangeTradingStatus {
  const { exchangeId, status, statusReason } = config;
  const here = halts.filter(({ scope }) => scope.exchangeId === undefined || scope.exchangeId === exchangeId);
  const isWhole = ({ scope }: Halt): boolean => scope.strategyId === undefined && scope.assetId === undefined;
  const reasons = [
    ...(status === 'ACTIVE'
      ? []
      : [
          `The registration is ${status}${statusReason === undefined ? '' : `: ${statusReason}`} (exchanges set-status).`,
        ]),
    ...here.filter(isWhole).map(describeHalt),
    ...bansOf(limits),
    ...limits.filter(leavesNoOrder).map(describeUsedUp),
    ...unpolledQueues.map(notPolled),
    ...streamReasons(connections),
  ];
  const notes = [
    ...here.filter((halt) => !isWhole(halt)).map(describeHalt),
    ...(connections ?? []).filter(({ shortfalls }) => shortfalls !== undefined).map(describePoor),
    ...(connections === undefined ? ['Redis does not say how the connections are.'] : []),
  ];
  return { exchangeId, canTrade: reasons.length === 0, reasons, notes };
}

function streamReasons(connections: readonly ReportedConnection[] | undefined): string[] {
  if (connections === undefined) return [];
  const streams = connections.filter(({ type }) => type !== 'REST');
  if (streams.some(({ status }) => status === 'CONNECTED')) return [];
  const [stream] = streams;
  if (stream === undefined)
    return [
      "No process holds the account's stream: fills come late (connections; the connection's workflow says why).",
    ];
  const { status, process, metrics } = stream;
  return [`The account's stream is ${status} at ${process}: ${metrics.lastError ?? 'it is being opened'}.`];
}

function bansOf(limits: readonly RateLimitState[]): string[] {
  const bans = limits.flatMap(({ bannedUntil }) => bannedUntil ?? []).sort();
  return bans.slice(-1).map((until) => `The exchange refuses our calls until ${until}.`);
}

/** What is kept for critical calls is for cancels, not for new orders. */
function leavesNoOrder({ category, remaining, reservedForCritical }: RateLimitState): boolean {
  return (category === 'ORDERS' || category === 'WEIGHT') && remaining - reservedForCritical < 1;
}

function describeUsedUp({ category, limit, windowMs, resetsAt, reservedForCritical }: RateLimitState): string {
  const window = windowMs === undefined ? '' : ` per ${windowMs / 1_000} s`;
  const kept = reservedForCritical > 0 ? ` but ${reservedForCritical} for cancels` : '';
  return `All ${limit} ${category}${window}${kept} are used until ${resetsAt}; orders wait (limits).`;
}

function describeHalt(halt: Halt): string {
  return `Halted for ${describeScope(halt)} by ${halt.haltedBy}: ${halt.reason} (kill release ${halt.haltId}).`;
}

function describePoor({ type, process, metrics }: ReportedConnection): string {
  const percent = Math.round(metrics.errorRate * 100);
  return `The ${type} connection of ${process} is poor: ${Math.round(metrics.latencyMs)} ms, ${percent} % fail.`;
}

function notPolled(taskQueue: string): string {
  return `No worker polls ${taskQueue}.`;
}
