import { join } from 'node:path';
import { type Clock, systemClock } from '../platform/clock';
import { type Logger, silentLogger } from '../platform/logger';
import { seededRandom, systemRandom } from '../platform/random';
import { type AccountInput, openAccount } from './accounts-input';
import { DEFAULT_VENUE } from './admin-api';
import { AdminServer } from './admin-server';
import { BinanceServer } from './binance/binance-server';
import { DEFAULT_INSTRUMENTS } from './binance/instruments';
import { type BinanceLimits, DEFAULT_LIMITS, RateLimits } from './binance/rate-limits';
import { lockDirectory } from './directory-lock';
import { Exchange } from './exchange/exchange';
import { MarketMaker } from './exchange/market-maker';
import type { Instrument } from './exchange/model';
import { Faults } from './faults';
import { SkewedClock } from './skewed-clock';
import type { Venue } from './venue';

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;
const CLIENT_ORDER_ID_LENGTH = 22;

export interface SimulatorOptions {
  /** Where the books lie; made when absent. One running simulator a directory. */
  readonly directory: string;
  /** A loopback address; default 127.0.0.1. */
  readonly host?: string;
  /** Port 0 (default) takes a free one. */
  readonly binance?: { readonly port?: number; readonly instruments?: readonly Instrument[] };
  readonly adminPort?: number;
  /** Of the market's moves and of fault probabilities. Default 1. */
  readonly seed?: number;
  /** Pause between moves of the market; 0: prices move by the admin API only. Default 500. */
  readonly marketIntervalMs?: number;
  /** Opened unless they are there already. */
  readonly accounts?: readonly AccountInput[];
  readonly limits?: Partial<BinanceLimits>;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export interface RunningSimulator {
  readonly binance: {
    /** `http://host:port`; the paths begin with /api/v3. */
    readonly rest: string;
    /** `ws://host:port`; streams are under /ws and /stream. */
    readonly ws: string;
    readonly wsApi: string;
  };
  /** Base URL for `SimulatorAdmin`. */
  readonly admin: string;
  /** Ends all connections, writes a snapshot and frees the ports. */
  close(): Promise<void>;
}

/**
 * Starts the simulated exchanges on loopback, with the books of `directory` as they were left.
 * @throws RangeError for a host that is not loopback; Error when another simulator has the directory; the system's
 * error when a port is taken
 */
export async function startSimulator(options: SimulatorOptions): Promise<RunningSimulator> {
  const { host = '127.0.0.1', clock: baseClock = systemClock, logger = silentLogger } = options;
  if (!LOOPBACK.test(host))
    throw new RangeError(`The simulator binds loopback addresses only, got "${host}": use 127.0.0.1.`);
  const clock = new SkewedClock(baseClock);
  const unlock = await lockDirectory(options.directory);
  try {
    const binance = openBinance(options, clock, logger);
    const admin = new AdminServer(new Map([[DEFAULT_VENUE, binance.venue]]), clock);
    const shutDown = async (): Promise<void> => {
      binance.venue.marketMaker.stop();
      await Promise.all([binance.server.close(), admin.close()]);
      binance.venue.exchange.close();
      await unlock();
    };
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= shutDown());
    return await listen({ host, options, binance: binance.server, admin, close });
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function listen(parts: {
  host: string;
  options: SimulatorOptions;
  binance: BinanceServer;
  admin: AdminServer;
  close: () => Promise<void>;
}): Promise<RunningSimulator> {
  const { host, options, binance, admin, close } = parts;
  try {
    const port = await binance.listen(host, options.binance?.port ?? 0);
    const adminPort = await admin.listen(host, options.adminPort ?? 0);
    const name = host.includes(':') ? `[${host}]` : host;
    const address = `${name}:${port}`;
    return {
      binance: { rest: `http://${address}`, ws: `ws://${address}`, wsApi: `ws://${address}/ws-api/v3` },
      admin: `http://${name}:${adminPort}`,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function openBinance(
  options: SimulatorOptions,
  clock: SkewedClock,
  logger: Logger,
): { venue: Venue; server: BinanceServer } {
  const { seed = 1, marketIntervalMs = 500, accounts = [] } = options;
  const exchange = new Exchange(join(options.directory, 'binance'));
  for (const instrument of options.binance?.instruments ?? DEFAULT_INSTRUMENTS) {
    // Ids start at the clock's seconds: higher than those of any book that was deleted before.
    exchange.execute({
      type: 'add-instrument',
      atMs: clock.now(),
      instrument,
      firstId: Math.floor(clock.now() / 1000),
    });
  }
  for (const account of accounts) openAccount(exchange, clock, account);
  const faults = new Faults(seededRandom(seed + 1), clock);
  const limits = new RateLimits({ ...DEFAULT_LIMITS, ...options.limits }, clock);
  exchange.subscribe((event) => limits.observe(event));
  const freshId = (): string => systemRandom.uuid().replaceAll('-', '').slice(0, CLIENT_ORDER_ID_LENGTH);
  const server = new BinanceServer({ exchange, clock, limits, freshId }, faults, logger);
  const marketMaker = new MarketMaker({ exchange, clock, random: seededRandom(seed), intervalMs: marketIntervalMs });
  const venue: Venue = {
    exchange,
    marketMaker,
    faults,
    dropStreams: (apiKey) => server.webSocketApi.cut(apiKey) + (apiKey === undefined ? server.publicStreams.cut() : 0),
    announceShutdown: () => {
      server.webSocketApi.announceShutdown();
      server.publicStreams.announceShutdown();
    },
    subscribers: () => server.webSocketApi.subscribers(),
    changeLimits: (changes) => {
      limits.limits = { ...limits.limits, ...changes };
      limits.reset();
      return limits.limits;
    },
  };
  return { venue, server };
}
