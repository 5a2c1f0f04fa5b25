import type { ExchangeId, ExchangeStatus } from '../domain/exchange';
import { isoTime } from '../platform/clock';
import type { Connection, ConnectionHealthDetail, ConnectionHealthReport, Shortfall } from '../domain/connection';
import { QUALITY_DEFAULTS, type QualityThresholds, shortfallsOf } from './quality';

/** A clock that is off by more gets signed calls refused (Binance's recvWindow is 5 s by default). */
const CLOCK_OFFSET_MS_MAX = 1_000;

/** What bears on an account's health besides its connections. */
export interface AccountFacts {
  status: ExchangeStatus;
  statusReason?: string;
  thresholds: QualityThresholds;
  /** Until when the exchange refuses us, ISO. */
  bannedUntil?: string;
  /** The exchange's clock minus ours, ms. */
  clockOffsetMs?: number;
}

/** A connection with how many answers and failures its metrics stand on. */
export interface MeasuredConnection {
  view: Connection;
  samples: number;
}

export function isHealthy(
  { view, samples }: MeasuredConnection,
  thresholds: QualityThresholds = QUALITY_DEFAULTS,
): boolean {
  return isUsable(view) && shortfallsOf(view, samples, thresholds).length === 0;
}

/** Judges an account's connections, and says of each cause of trouble what it is and what mends it. */
export function healthReport(
  exchangeId: ExchangeId,
  connections: readonly MeasuredConnection[],
  facts: AccountFacts,
  nowMs: number,
): ConnectionHealthReport {
  const details = connections.map((connection) => detailOf(connection, facts.thresholds));
  return {
    exchangeId,
    overallHealth: overallHealth(details, facts),
    connections: details,
    recommendations: [
      ...accountAdvice(facts),
      ...(connections.length === 0 ? [NO_CONNECTION] : []),
      ...connections.flatMap((connection) => connectionAdvice(connection, facts.thresholds)),
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

function detailOf(connection: MeasuredConnection, thresholds: QualityThresholds): ConnectionHealthDetail {
  const { connectionId, type, status, metrics } = connection.view;
  const { latencyMs, errorRate } = metrics;
  return { connectionId, type, status, latencyMs, errorRate, healthy: isHealthy(connection, thresholds) };
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

function connectionAdvice({ view, samples }: MeasuredConnection, thresholds: QualityThresholds): string[] {
  const { type, status, endpoint, reconnectAttempts, metrics } = view;
  const what = `The ${type} connection to ${endpoint}`;
  const last = metrics.lastError === undefined ? '' : ` The last failure: ${metrics.lastError}`;
  const open =
    isUsable(view) || status === 'CONNECTING'
      ? []
      : [
          `${what} is ${status} after ${reconnectAttempts} attempts: look at the network and the exchange's status page.${last}`,
        ];
  return [
    ...open,
    ...shortfallsOf(view, samples, thresholds).map((shortfall) => shortfallAdvice(what, shortfall, last)),
  ];
}

function shortfallAdvice(what: string, { cause, measured, threshold }: Shortfall, last: string): string {
  if (cause === 'LATENCY')
    return `${what} takes ${Math.round(measured)} ms, more than ${threshold}: look at the network, the exchange's status page, and whether this machine is busy.`;
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  return `${what} fails in ${percent(measured)} of calls and messages, more than ${percent(threshold)}.${last}`;
}
