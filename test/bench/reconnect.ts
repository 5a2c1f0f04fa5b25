import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { HolderReport } from '../../activities/connection-activities';
import { CONNECTION_LIMITS } from '../../activities/connection/connection-deps';
import { ConnectionHolder } from '../../activities/connection/connection-holder';
import type { OrderRequest } from '../../src/domain/order-request';
import type { ExchangeAdapter } from '../../src/exchanges/adapter';
import { seededRandom } from '../../src/platform/random';
import { HeldAccount } from '../connections/held-account';
import type { BinanceSandbox } from '../exchanges/binance-sandbox';
import { CREDENTIALS, startBinanceSandbox, UNLIMITED } from '../exchanges/binance-sandbox';
import { openStores } from '../storage/stores';
import { percentiles, ratio, type Percentiles } from './percentiles';

export interface ReconnectFigures {
  cuts: number;
  /** Made by the exchange, some right before a cut and some right after it. */
  fills: number;
  /** Disagreements between the exchange's book and ours at the end: a lost or a doubled fill is one. */
  findings: string[];
  /** From the cut to live and backfilled, without the pause before the first attempt (1 s by default). */
  recoveryMs: Percentiles;
  /** A plain connection to the same address, then one REST call: what nobody can be faster than. */
  floorMs: Percentiles;
  /** Recovery to floor, of the p50. */
  timeRatio: number;
}

const ORDERS = 20;
const QUANTITY = '0.005';
const SEED = 1;
const PAUSE_MS_MAX = 20;
/** No pauses and no end to the attempts: what is measured is the work. */
const LIMITS = {
  ...CONNECTION_LIMITS,
  reconnection: { ...CONNECTION_LIMITS.reconnection, initialDelayMs: 0, maxAttempts: Infinity },
  sweepIntervalMs: 3_600_000,
};

/** Cuts the stream of an account again and again while its orders fill, and waits until it is live and backfilled. */
export async function measureReconnect(
  addresses: { dynamodbEndpoint: string; redisUrl: string },
  cuts: number,
): Promise<ReconnectFigures> {
  const [sandbox, stores] = await Promise.all([startBinanceSandbox(), openStores(addresses)]);
  const account = new HeldAccount(sandbox, stores);
  const orders: OrderRequest[] = [];
  for (let order = 0; order < ORDERS; order += 1) orders.push(await account.place());
  const held = new HeldConnection(account, sandbox);
  await held.live(1);
  const [recoveriesMs, floorsMs]: [number[], number[]] = [[], []];
  const random = seededRandom(SEED);
  const anyOrder = (): OrderRequest => orders[Math.floor(random.fraction() * ORDERS)] ?? neverEmpty();
  for (let cut = 0; cut < cuts; cut += 1) {
    floorsMs.push(await timed(() => plainReconnect(sandbox)));
    await new Promise((resolve) => setTimeout(resolve, random.fraction() * PAUSE_MS_MAX));
    await account.fill(anyOrder(), QUANTITY);
    const recovered = timed(async () => {
      if ((await sandbox.admin.dropStreams(CREDENTIALS.apiKey)) !== 1) throw new Error('There was no stream to cut.');
      await account.fill(anyOrder(), QUANTITY);
      await held.live(cut + 2);
    });
    recoveriesMs.push(await recovered);
  }
  await held.close();
  const { fills, findings } = await account.audit();
  await sandbox.close();
  await stores.close();
  const [recoveryMs, floorMs] = [percentiles(recoveriesMs), percentiles(floorsMs)];
  return { cuts, fills, findings, recoveryMs, floorMs, timeRatio: ratio(recoveryMs.p50, floorMs.p50) };
}

/** The service's own holder of an account's stream, in this process. */
class HeldConnection {
  private readonly stop = new AbortController();
  private readonly held: Promise<HolderReport>;
  private last: HolderReport | undefined;
  private wake: () => void = () => undefined;

  constructor({ deps, tenantId }: HeldAccount, sandbox: BinanceSandbox) {
    const report = (given: HolderReport): void => {
      this.last = given;
      this.wake();
    };
    const input = { tenantId, exchangeId: 'BINANCE' } as const;
    const getAdapter = (): Promise<ExchangeAdapter> =>
      Promise.resolve(sandbox.createAdapter({ config: { tenantId, rateLimits: UNLIMITED } }));
    const exchanges = { ...deps.exchanges, getAdapter };
    this.held = new ConnectionHolder({ ...deps, exchanges }, LIMITS, input, { holder: 'bench', report }).hold(
      this.stop.signal,
    );
  }

  /** Resolves when it is live and has backfilled so often. */
  async live(backfills: number): Promise<void> {
    while (this.last?.status !== 'LIVE' || this.last.counters.backfills < backfills) {
      const reported = new Promise<void>((resolve) => (this.wake = resolve));
      await Promise.race([reported, this.held]);
    }
  }

  async close(): Promise<void> {
    this.stop.abort(new Error('measured'));
    await this.held;
  }
}

async function plainReconnect({ config }: BinanceSandbox): Promise<void> {
  const socket = new WebSocket(config.wsEndpoint ?? '');
  await once(socket, 'open');
  await (await fetch(`${config.restEndpoint}/api/v3/time`)).json();
  socket.terminate();
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

function neverEmpty(): never {
  throw new RangeError('There are no orders to fill.');
}
