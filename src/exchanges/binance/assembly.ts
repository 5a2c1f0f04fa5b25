import type { Credentials, ExchangeMode, ExchangeRateLimits } from '../../domain/exchange';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import { AccountLimits } from '../../ratelimit/account-limits';
import type { RateLimiter } from '../../ratelimit/rate-limiter';
import type { CallObserver } from '../../transport/call-observer';
import type { HostGuard } from '../../transport/host-guard';
import { createHostGuard } from '../../transport/host-guard';
import { createRESTClient } from '../../transport/rest/rest-client';
import { createCcxtSigner } from '../ccxt-signer';
import type { ExchangeEndpoints, ExchangeWaits } from '../exchange-module';
import { RECV_WINDOW_MS } from './capabilities';
import { BinanceEndpoints, SIGNED_SECTIONS } from './endpoints';
import { PRODUCTION_HOSTS, SANDBOX_HOSTS } from './environments';
import { InstrumentBook } from './instruments';
import { OrderCalls } from './order-calls';
import { dataOf } from './outcomes';
import { Queries } from './queries';
import { learnLimits, RATE_LIMITS } from './rate-limits';
import { ServerClock } from '../server-clock';
import { Transfers } from './transfers';
import { EXCHANGE_ID } from './translate';

/** What an adapter and a market stream are made of. */
export interface BinanceParts {
  endpoints: BinanceEndpoints;
  instruments: InstrumentBook;
  orders: OrderCalls;
  queries: Queries;
  transfers: Transfers;
  serverClock: ServerClock;
  limits: AccountLimits;
  guard: HostGuard;
}

export interface AssemblyOptions {
  mode: ExchangeMode;
  endpoints: ExchangeEndpoints;
  /** Absent for public data alone. */
  credentials?: Credentials;
  tenantId?: string;
  clock: Clock;
  logger: Logger;
  rateLimiter: RateLimiter;
  /** As registered; absent: as documented. */
  rateLimits?: ExchangeRateLimits;
  /** Of public data it only watches. */
  observer?: Partial<CallObserver>;
  allowSimulated: boolean;
  simulatedWaits?: ExchangeWaits;
}

export function assemble(options: AssemblyOptions): BinanceParts {
  const {
    mode,
    endpoints: addresses,
    credentials,
    tenantId,
    clock,
    logger,
    rateLimits,
    rateLimiter,
    observer,
  } = options;
  const { recvWindowMs = RECV_WINDOW_MS, replyTimeoutMs: headersTimeoutMs } = options.simulatedWaits ?? {};
  const hosts = { productionHosts: PRODUCTION_HOSTS, sandboxHosts: SANDBOX_HOSTS };
  const guard = createHostGuard({ mode, ...hosts, allowSimulated: options.allowSimulated });
  const baseUrl = addresses.restEndpoint.replace(/\/+$/, '');
  const watch = observer?.watch?.({ type: 'REST', purpose: 'CALLS', endpoint: baseUrl });
  const serverClock = new ServerClock(clock, (skew) => watch?.troubled('CLOCK_SKEW', skew));
  const limits = new AccountLimits(RATE_LIMITS, {
    exchangeId: EXCHANGE_ID,
    mode,
    restEndpoint: baseUrl,
    ...(tenantId !== undefined && { tenantId }),
    ...(rateLimits !== undefined && { rateLimits }),
  });
  const signer =
    credentials &&
    createCcxtSigner({ exchange: 'binance', baseUrl, sections: SIGNED_SECTIONS, now: () => serverClock.now() });
  const endpoints = new BinanceEndpoints({
    rest: createRESTClient({
      baseUrl,
      guard,
      clock,
      ...(observer && { observer }),
      ...(signer && { signer }),
      ...(headersTimeoutMs !== undefined && { headersTimeoutMs }),
    }),
    recvWindowMs,
    ...(credentials && { credentials }),
    rateLimiter,
    limits,
    clock,
    serverClock,
    logger,
  });
  const readInstruments = async (): ReturnType<ConstructorParameters<typeof InstrumentBook>[0]> => {
    const info = dataOf('The list of instruments', await endpoints.exchangeInfo());
    learnLimits(limits, info.rateLimits);
    return info;
  };
  const instruments = new InstrumentBook(readInstruments, clock, logger);
  const orders = new OrderCalls(endpoints, instruments, clock);
  const queries = new Queries(endpoints, instruments, clock, logger);
  const transfers = new Transfers(endpoints, clock);
  return { endpoints, instruments, orders, queries, transfers, serverClock, limits, guard };
}
