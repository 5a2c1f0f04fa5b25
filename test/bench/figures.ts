import { compare, type Comparison } from './callers';
import { measureCost, type CostFigures } from './cost';
import type { Desk } from './desk';
import { type FailoverFigures, measureFailover } from './failover';
import { measureFills, type FillFigures } from './fills';
import { floorSide } from './floor/client';
import { type IsolationFigures, measureIsolation } from './isolation';
import { measureLedger, type LedgerFigures } from './ledger';
import { measureLimiter, type LimiterFigures } from './limiter';
import { measureOrdersList, type OrdersListFigures } from './orders-list';
import { measureReconnect, type ReconnectFigures } from './reconnect';
import { serviceSide } from './service';
import type { Stage } from './stage';
import { measureStream, type StreamFigures } from './stream';

export const SECTIONS = [
  'acknowledgement',
  'throughput',
  'fills',
  'cost',
  'ledger',
  'limiter',
  'stream',
  'reconnect',
  'failover',
  'isolation',
  'orders-list',
] as const;
export type Section = (typeof SECTIONS)[number];

/** Only the sections that were asked for. */
export interface Figures {
  acknowledgement?: Comparison;
  throughput?: Comparison[];
  fills?: FillFigures;
  cost?: CostFigures;
  ledger?: LedgerFigures;
  limiter?: LimiterFigures;
  stream?: StreamFigures;
  reconnect?: ReconnectFigures;
  failover?: FailoverFigures;
  isolation?: IsolationFigures;
  'orders-list'?: OrdersListFigures;
}

const WARM_UP = { callers: 10, calls: 150, rounds: 2 };
/** Short blocks, many of them: the machine is busy with other things now and then. */
const ACKNOWLEDGEMENT = { callers: 1, calls: 15 };
const ACKNOWLEDGEMENT_BLOCKS_A_ROUND = 4;
const THROUGHPUT = [
  { callers: 1, calls: 50 },
  { callers: 20, calls: 250 },
  { callers: 50, calls: 400 },
];
const FILLS = 100;
const STREAM_BLOCKS_A_ROUND = 3;
const CUTS = 200;
const LEDGER_LOADS = [
  { callers: 1, positions: 1, fills: 150 },
  { callers: 16, positions: 1, fills: 1_500 },
  { callers: 64, positions: 1, fills: 3_000 },
  { callers: 64, positions: 100, fills: 2_000 },
];

const LEDGER_OFFERED = { perSecond: 300, seconds: 10 };

export interface Plan {
  sections: readonly Section[];
  /** How often each comparison changes sides. */
  rounds: number;
  /** How long the limiter is overloaded. */
  seconds: number;
}

export async function measure(
  desk: Desk,
  { stack, pids }: Pick<Stage, 'stack' | 'pids'>,
  { sections, rounds, seconds }: Plan,
): Promise<Figures> {
  const sides = { service: serviceSide(desk), floor: floorSide(desk.client, () => desk.restingOrder()) };
  const measured: { [S in Section]: () => Promise<Figures[S]> } = {
    acknowledgement: () =>
      compare(sides, pids, { ...ACKNOWLEDGEMENT, rounds: rounds * ACKNOWLEDGEMENT_BLOCKS_A_ROUND }),
    throughput: async () => {
      const comparisons: Comparison[] = [];
      for (const size of THROUGHPUT) comparisons.push(await compare(sides, pids, { ...size, rounds }));
      return comparisons;
    },
    fills: () => measureFills(desk, stack.redisUrl, FILLS),
    cost: () => measureCost(desk),
    ledger: () => measureLedger(stack, LEDGER_LOADS, LEDGER_OFFERED),
    limiter: () => measureLimiter(stack.redisUrl, { rounds, seconds }),
    stream: () => measureStream(rounds * STREAM_BLOCKS_A_ROUND),
    reconnect: () => measureReconnect(stack, CUTS),
    failover: () => measureFailover(stack),
    isolation: () => measureIsolation(stack, rounds),
    'orders-list': () => measureOrdersList(stack, pids),
  };
  say('warming up');
  await compare(sides, pids, WARM_UP);
  const figures: Figures = {};
  for (const section of sections) {
    say(section);
    Object.assign(figures, { [section]: await measured[section]() });
  }
  return figures;
}

function say(what: string): void {
  process.stderr.write(`${what}\n`);
}
