import type { Clock } from '../../platform/clock';
import type { Exchange } from '../exchange/exchange';
import type { SymbolMarket } from '../exchange/symbol-market';
import { errors } from './binance-error';
import type { Params } from './params';
import type { RateLimits } from './rate-limits';

/** What the endpoints work with. */
export interface BinanceServices {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly limits: RateLimits;
  /** A client order id for who sent none. */
  readonly freshId: () => string;
}

/** One request that passed its checks. `accountId` is empty for public endpoints. */
export interface Call {
  readonly params: Params;
  readonly accountId: string;
  readonly nowMs: number;
}

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly isSigned: boolean;
  /** Places orders: the reply carries the unfilled order count. */
  readonly placesOrders?: boolean;
  readonly weight: (params: Params) => number;
  /** Parameters that it reads, without apiKey, timestamp, recvWindow and signature. */
  readonly params: readonly string[];
  /** @returns the JSON body of the reply */
  readonly handle: (services: BinanceServices, call: Call) => unknown;
}

/** @throws BinanceError -1121 */
export function findMarket(services: BinanceServices, symbol: string): SymbolMarket {
  const market = services.exchange.engine.markets.get(symbol);
  if (market === undefined) throw errors.invalidSymbol();
  return market;
}

export function constantWeight(weight: number): () => number {
  return () => weight;
}

export function signedGet(path: string, rest: Pick<Endpoint, 'weight' | 'params' | 'handle'>): Endpoint {
  return { method: 'GET', path, isSigned: true, ...rest };
}
