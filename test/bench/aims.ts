import type { Figures } from './figures';

interface Aim {
  aim: string;
  limit: number;
  measured: number;
  met: boolean;
}

const BUSIEST_CALLERS = 50;
const LEDGER_CALLERS = 16;

/** The figures against what they should be; aims of sections that were not measured are left out. */
export function judge({
  acknowledgement,
  throughput,
  cost,
  ledger,
  limiter,
  stream,
  reconnect,
  ...others
}: Figures): Aim[] {
  const busiest = throughput?.find(({ callers }) => callers === BUSIEST_CALLERS);
  const onePosition = ledger?.loads.find(({ callers, positions }) => callers === LEDGER_CALLERS && positions === 1);
  return [
    atMost('acknowledgement p50, of the floor', 1.4, acknowledgement?.latencyRatio),
    atLeast(`orders a second of ${BUSIEST_CALLERS} callers, of the floor`, 0.7, busiest?.throughputRatio),
    atMost('billable actions of an order filled by one execution', 6, cost?.filledByOneExecution.actions),
    atMost('history events of an order filled by one execution', 22, cost?.filledByOneExecution.events),
    atLeast(`fills a second on one position, ${LEDGER_CALLERS} callers`, 300, onePosition?.fillsPerSecond),
    atMost('calls beyond the limit at the exchange under threefold overload', 0, limiter?.overload.violations),
    atLeast('share of the unreserved limit that is used then', 0.97, limiter?.overload.shareUsed),
    atLeast("stream messages a second to normalized events, of ccxt's handler", 6, stream?.speedRatio),
    atMost('fills lost or doubled by cuts of the stream', 0, reconnect?.findings.length),
    atMost('ms until the connections of a killed worker are elsewhere', 15_000, others.failover?.killedMs),
    atMost('ms until the connections of a stopped worker are elsewhere', 2_000, others.failover?.stoppedMs),
    atMost('acknowledgement p95 beside an exchange that hangs, of the calm', 1.25, others.isolation?.hungRatio),
    atMost('acknowledgement p95 beside an exchange that bans us, of the calm', 1.25, others.isolation?.bannedRatio),
  ].flat();
}

function atMost(aim: string, limit: number, measured: number | undefined): Aim[] {
  return measured === undefined ? [] : [{ aim: `${aim}: at most`, limit, measured, met: measured <= limit }];
}

function atLeast(aim: string, limit: number, measured: number | undefined): Aim[] {
  return measured === undefined ? [] : [{ aim: `${aim}: at least`, limit, measured, met: measured >= limit }];
}
