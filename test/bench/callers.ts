import type { Pids } from './cpu-time';
import { cpuTimes } from './cpu-time';
import type { Percentiles } from './percentiles';
import { percentiles, ratio, round } from './percentiles';

/** One side of a comparison: `call` is what is timed, `finish` ends what the calls have left open. */
export interface Side {
  call(): Promise<string>;
  finish(ids: readonly string[]): Promise<void>;
}

export interface BlockSize {
  callers: number;
  calls: number;
}

interface Block {
  ids: string[];
  latenciesMs: number[];
  perSecond: number;
}

/** Callers that call one after another until the calls are used up. */
export async function runBlock(side: Side, { callers, calls }: BlockSize): Promise<Block> {
  const ids: string[] = [];
  const latenciesMs: number[] = [];
  let left = calls;
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (left > 0) {
        left -= 1;
        const calledMs = performance.now();
        ids.push(await side.call());
        latenciesMs.push(performance.now() - calledMs);
      }
    }),
  );
  return { ids, latenciesMs, perSecond: (calls / (performance.now() - startedMs)) * 1_000 };
}

export interface Comparison {
  callers: number;
  service: SideFigures;
  floor: SideFigures;
  /** Service to floor, of the p50. */
  latencyRatio: number;
  /** Service to floor, of the orders a second. */
  throughputRatio: number;
  /** Floor to service, of all CPU time: what the throughput ratio comes to on a machine that is always busy. */
  cpuRatio: number;
  /** The floor's slowest block to its fastest, by p50: what the same code differs by within this run. */
  floorSpread: number;
}

interface SideFigures {
  latencyMs: Percentiles;
  /** Of the median block: one that met a stall does not decide. */
  perSecond: number;
  /** By process; empty where the system does not tell. */
  cpuMsPerCall: Record<string, number>;
}

/** Blocks of both sides in turns, so that what disturbs the machine disturbs both. */
export async function compare(
  sides: { service: Side; floor: Side },
  pids: Pids,
  { rounds, ...size }: BlockSize & { rounds: number },
): Promise<Comparison> {
  const measured = { service: new Blocks(pids), floor: new Blocks(pids) };
  for (let round = 0; round < rounds; round++) {
    // Who goes first changes, too.
    const order = round % 2 === 0 ? (['floor', 'service'] as const) : (['service', 'floor'] as const);
    for (const name of order) await measured[name].add(sides[name], size);
  }
  const service = measured.service.figures();
  const floor = measured.floor.figures();
  const medians = measured.floor.medians();
  return {
    callers: size.callers,
    service,
    floor,
    latencyRatio: ratio(service.latencyMs.p50, floor.latencyMs.p50),
    throughputRatio: ratio(service.perSecond, floor.perSecond),
    cpuRatio: ratio(total(floor.cpuMsPerCall), total(service.cpuMsPerCall)),
    floorSpread: ratio(Math.max(...medians), Math.min(...medians)),
  };
}

/** The blocks of one side, with the CPU time that their calls took. */
class Blocks {
  private readonly blocks: Block[] = [];
  private readonly cpuMs: Record<string, number> = {};

  constructor(private readonly pids: Pids) {}

  async add(side: Side, size: BlockSize): Promise<void> {
    const before = cpuTimes(this.pids);
    const block = await runBlock(side, size);
    for (const [name, ms] of Object.entries(cpuTimes(this.pids))) {
      this.cpuMs[name] = (this.cpuMs[name] ?? 0) + ms - (before[name] ?? 0);
    }
    this.blocks.push(block);
    await side.finish(block.ids);
  }

  medians(): number[] {
    return this.blocks.map(({ latenciesMs }) => percentiles(latenciesMs).p50);
  }

  figures(): SideFigures {
    const latenciesMs = this.blocks.flatMap((block) => block.latenciesMs);
    return {
      latencyMs: percentiles(latenciesMs),
      perSecond: percentiles(this.blocks.map(({ perSecond }) => perSecond)).p50,
      cpuMsPerCall: Object.fromEntries(
        Object.entries(this.cpuMs).map(([name, ms]) => [name, round(ms / latenciesMs.length)]),
      ),
    };
  }
}

function total(cpuMs: Record<string, number>): number {
  return Object.values(cpuMs).reduce((sum, ms) => sum + ms, 0);
}
