import type { Credentials, ExchangeMode } from '../../domain/exchange';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { RateGate } from '../../ratelimit/rate-gate';
import type { CallObserver } from '../../transport/call-observer';
import type { HostGuard } from '../../transport/host-guard';
import { createHostGuard } from '../../transport/host-guard';
import { createRESTClient } from '../../transport/rest/rest-client';
import { createCcxtSigner } from '../ccxt-signer';
import type { ExchangeEndpoints } from '../exchange-module';
import { API_PATH, BinanceEndpoints } from './endpoints';
import { PRODUCTION_HOSTS, SANDBOX_HOSTS } from './environments';
import { InstrumentBook } from './instruments';
import { LimitUsage } from './limit-usage';
import { OrderCalls } from './order-calls';
import { dataOf } from './outcomes';
import { Queries } from './queries';
import { ServerClock } from './server-clock';

/** What an adapter and a market stream are made of. */
export interface BinanceParts {
  endpoints: BinanceEndpoints;
  instruments: InstrumentBook;
  orders: OrderCalls;
  queries: Queries;
  serverClock: ServerClock;
  usage: LimitUsage;
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
  rateGate: RateGate;
  /** Absent for public data alone. */
  observer?: CallObserver;
  allowSimulated: boolean;
}

export function assemble(options: AssemblyOptions): BinanceParts {
  const { mode, endpoints: addresses, credentials, tenantId, clock, logger, rateGate, observer } = options;
  const hosts = { productionHosts: PRODUCTION_HOSTS, sandboxHosts: SANDBOX_HOSTS };
  const guard = createHostGuard({ mode, ...hosts, allowSimulated: options.allowSimulated });
  const baseUrl = addresses.restEndpoint.replace(/\/+$/, '');
  const serverClock = new ServerClock(clock);
  const usage = new LimitUsage();
  const signer =
    credentials &&
    createCcxtSigner({
      exchange: 'binance',
      credentials,
      sections: { private: `${baseUrl}${API_PATH}` },
      now: () => serverClock.now(),
    });
  const endpoints = new BinanceEndpoints({
    rest: createRESTClient({ baseUrl, guard, clock, ...(observer && { observer }) }),
    ...(signer && { signer }),
    ...(tenantId !== undefined && { tenantId }),
    gate: rateGate,
    clock,
    serverClock,
    usage,
    logger,
  });
  const readInstruments = async (): ReturnType<ConstructorParameters<typeof InstrumentBook>[0]> => {
    const info = dataOf('The list of instruments', await endpoints.exchangeInfo());
    usage.learn(info.rateLimits);
    return info;
  };
  const instruments = new InstrumentBook(readInstruments, clock, logger);
  const orders = new OrderCalls(endpoints, instruments, clock);
  const queries = new Queries(endpoints, instruments, clock, logger);
  return { endpoints, instruments, orders, queries, serverClock, usage, guard };
}
