import type { ExchangeConfig, ExchangeId, ExchangeStatus } from '../domain/exchange';
import { isoTime } from '../platform/clock';
import type {
  Connection,
  ConnectionHealthDetail,
  ConnectionHealthReport,
  JudgedConnection,
  Shortfall,
} from '../domain/connection';
import type { RateLimitState } from '../ratelimit/rate-limiter';

/** A clock that is off by more gets signed calls refused (Binance's recvWindow is 5 s by default). */
const CLOCK_OFFSET_MS_MAX = 1_000;

/** What bears on an account's health besides its connections. */
export interface AccountFacts {
  status: ExchangeStatus;
  statusReason?: string;
  /** Until when the exchange refuses us, ISO. */
  bannedUntil?: string;
  /** The exchange's clock minus ours, ms. */
  clockOffsetMs?: number;
}

/** The facts that all processes can read. */
export function accountFacts(
  { status, statusReason }: Pick<ExchangeConfig, 'status' | 'statusReason'>,
  limits: readonly RateLimitState[],
): AccountFacts {
  const bannedUntil = limits
    .flatMap((limit) => limit.bannedUntil ?? [])
    .sort()
    .at(-1);
  return {
    status,
    ...(statusReason !== undefined && { statusReason }),
    ...(bannedUntil !== undefined && { bannedUntil }),
  };
}

export function isHealthy(connection: JudgedConnection): boolean {
  return isUsable(connection) && connection.shortfalls === undefined;
}

/** Judges an account's connections, and says of each cause of trouble what it is and what mends it. */
export function healthReport(
  exchangeId: ExchangeId,
  connections: readonly JudgedConnection[],
  facts: AccountFacts,
  nowMs: number,
): ConnectionHealthReport {
  const details = connections.map(detailOf);
  return {
    exchangeId,
    overallHealth: overallHealth(details, facts),
    connections: details,
    recommendations: [
      ...accountAdvice(facts),
      ...(connections.length === 0 ? [NO_CONNECTION] : []),
      ...connections.flatMap(connectionAdvice),
    ],
    timestamp: isoTime(nowMs),
  };
}

const NO_CONNECTION =
  'No connection is open. A connection worker opens the stream, and the first order or query the REST connection: see that workers run (status).';

function overallHealth(
  details: readonly ConnectionHealthDetail[],
  { status, bannedUntil }: AccountFacts,
): ConnectionHealthReport['overallHealth'] {
  const cannotTrade = status !== 'ACTIVE' || bannedUntil !== undefined;
  if (cannotTrade || !details.some(({ healthy }) => healthy)) return 'UNHEALTHY';
  return details.every(({ healthy }) => healthy) ? 'HEALTHY' : 'DEGRADED';
}

function detailOf(connection: JudgedConnection): ConnectionHealthDetail {
  const { connectionId, type, status, metrics } = connection;
  const { latencyMs, errorRate } = metrics;
  return { connectionId, type, status, latencyMs, errorRate, healthy: isHealthy(connection) };
}

/** Not used yet is no fault: REST is CONNECTING until its first call. */
function isUsable({ status, type, reconnectAttempts }: Connection): boolean {
  return status === 'CONNECTED' || (type === 'REST' && status === 'CONNECTING' && reconnectAttempts === 0);
}

function accountAdvice({ status, statusReason, bannedUntil, clockOffsetMs = 0 }: AccountFacts): string[] {
  const why = statusReason === undefined ? '' : ` (${statusReason})`;
  return [
    ...(status === 'ACTIVE'
      ? []
      : [`The registration is ${status}${why}: mend that, then exchanges set-status ACTIVE.`]),
    ...(bannedUntil === undefined
      ? []
      : [`The exchange refuses our calls until ${bannedUntil}: send less; limits shows which budget is used up.`]),
    ...(Math.abs(clockOffsetMs) <= CLOCK_OFFSET_MS_MAX
      ? []
      : [`Our clock is ${Math.round(-clockOffsetMs)} ms ahead of the exchange's: synchronize this machine's (NTP).`]),
  ];
}

function connectionAdvice(connection: JudgedConnection): string[] {
  const { type, status, endpoint, process, reconnectAttempts, metrics, shortfalls = [] } = connection;
  const what = `The ${type} connection${process === undefined ? '' : ` of ${process}`} to ${endpoint}`;
  const last = metrics.lastError === undefined ? '' : ` The last failure: ${metrics.lastError}`;
  const open =
    isUsable(connection) || status === 'CONNECTING'
      ? []
      : [
          `${what} is ${status} after ${reconnectAttempts} attempts: look at the network and the exchange's status page.${last}`,
        ];
  return [...open, ...shortfalls.map((shortfall) => shortfallAdvice(what, shortfall, last))];
}

function shortfallAdvice(what: string, { cause, measured, threshold }: Shortfall, last: string): string {
  if (cause === 'LATENCY')
    return `${what} takes ${Math.round(measured)} ms, more than ${threshold}: look at the network, the exchange's status page, and whether this machine is busy.`;
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  return `${what} fails in ${percent(measured)} of calls and messages, more than ${percent(threshold)}.${last}`;
}
