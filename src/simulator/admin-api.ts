import type { DecimalString } from '../domain/decimal';
import { parseDecimal } from '../domain/decimal';
import { type AccountInput, openAccount } from './accounts-input';
import type { Command } from './exchange/commands';
import {
  type Balance,
  COUNTERPARTY_ACCOUNT,
  FEE_ACCOUNT,
  type Instrument,
  isInternalAccount,
  type OrderView,
  type Trade,
} from './exchange/model';
import type { FaultRule, FaultState } from './faults';
import type { SkewedClock } from './skewed-clock';
import type { Venue } from './venue';

export const DEFAULT_VENUE = 'BINANCE';

/** Everything that an auditor compares: all orders and trades of all customers, and who owns what. */
export interface SimulatorState {
  readonly nowMs: number;
  readonly accounts: { accountId: string; apiKeys: string[]; balances: Balance[] }[];
  readonly orders: OrderView[];
  readonly trades: Trade[];
  /** Commissions taken so far. */
  readonly fees: Balance[];
  readonly lastPrices: Record<string, DecimalString>;
  /** Active user data stream subscriptions. */
  readonly subscriptions: number;
  /** Whose those are: an API key for each. */
  readonly subscribers: readonly string[];
}

export interface FillInput {
  readonly symbol: string;
  readonly orderId?: number;
  readonly clientOrderId?: string;
  /** Default: all that is open. */
  readonly quantity?: DecimalString;
  /** Of a cancelled order: a trade that is reported after the cancel. */
  readonly late?: boolean;
}

export interface CounterOrderInput {
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly price: DecimalString;
  readonly quantity: DecimalString;
}

export interface TransferInput {
  readonly accountId: string;
  readonly asset: string;
  /** Negative for a withdrawal. */
  readonly amount: DecimalString;
  /** What a withdrawal costs beside its amount. */
  readonly fee?: DecimalString;
  /** No list of deposits and withdrawals shows it: interest, a transfer between products. */
  readonly unlisted?: boolean;
}

/** What a customer orders by hand, as on the exchange's own pages. Without a price at the market. */
export interface CustomerOrderInput extends Omit<CounterOrderInput, 'price'> {
  readonly accountId: string;
  readonly price?: DecimalString;
  readonly clientOrderId: string;
}

type Handler = (venue: Venue, body: never, id: string | undefined) => unknown;

/** What the admin API can do, by method and path; each is a few lines over the venue. */
export function adminRoutes(clock: SkewedClock): ReadonlyMap<string, Handler> {
  const now = (): number => clock.now();
  return new Map<string, Handler>([
    ['GET /admin/state', (venue) => dumpState(venue, now())],
    ['GET /admin/health', () => ({ ok: true })],
    ['POST /admin/accounts', (venue, body: AccountInput) => openAccount(venue.exchange, clock, body)],
    [
      'POST /admin/deposits',
      (venue, { accountId, asset, amount, fee = '0', unlisted = false }: TransferInput) => {
        for (const value of [amount, fee]) parseDecimal(value);
        return execute(venue, { type: 'transfer', atMs: now(), accountId, asset, amount, fee, unlisted });
      },
    ],
    [
      'POST /admin/instruments',
      (venue, instrument: Instrument) => {
        execute(venue, { type: 'add-instrument', atMs: now(), instrument, firstId: Math.floor(now() / 1000) });
        venue.marketMaker.setPrice(instrument.symbol, instrument.initialPrice);
        return {};
      },
    ],
    [
      'POST /admin/price',
      (venue, { symbol, price }: { symbol: string; price: DecimalString }) => {
        parseDecimal(price);
        if (!venue.exchange.engine.markets.has(symbol)) throw new RangeError(`There is no symbol "${symbol}".`);
        venue.marketMaker.setPrice(symbol, price);
        return {};
      },
    ],
    ['POST /admin/orders', (venue, body: CounterOrderInput) => placeCounterOrder(venue, body, now())],
    ['POST /admin/customer-orders', (venue, body: CustomerOrderInput) => placeCustomerOrder(venue, body, now())],
    ['POST /admin/fill', (venue, body: FillInput) => fillOrder(venue, body, now())],
    ['GET /admin/faults', (venue): FaultState[] => venue.faults.list()],
    ['POST /admin/faults', (venue, rule: FaultRule) => ({ id: venue.faults.add(rule) })],
    ['DELETE /admin/faults', (venue, _body, id) => (venue.faults.clear(id === undefined ? undefined : Number(id)), {})],
    ['POST /admin/streams/drop', (venue, { apiKey }: { apiKey?: string }) => ({ dropped: venue.dropStreams(apiKey) })],
    ['POST /admin/shutdown-notice', (venue) => (venue.announceShutdown(), {})],
    ['POST /admin/limits', (venue, changes: Record<string, number>) => venue.changeLimits(changes)],
    ['POST /admin/clock', (_venue, { offsetMs }: { offsetMs: number }) => ((clock.offsetMs = offsetMs), {})],
  ] as [string, Handler][]);
}

function dumpState(venue: Venue, nowMs: number): SimulatorState {
  const { engine } = venue.exchange;
  const subscribers = venue.subscribers();
  return {
    nowMs,
    accounts: engine.accounts.dump().map(({ accountId, balances, keys }) => ({
      accountId,
      apiKeys: Object.keys(keys),
      balances,
    })),
    orders: engine.orders(),
    trades: engine.trades(),
    fees: engine.accounts.balances(FEE_ACCOUNT),
    lastPrices: Object.fromEntries([...engine.markets].map(([symbol, { lastPrice }]) => [symbol, lastPrice.toFixed()])),
    subscriptions: subscribers.length,
    subscribers,
  };
}

function placeCounterOrder(venue: Venue, input: CounterOrderInput, atMs: number): OrderView {
  return place(venue, { ...input, accountId: COUNTERPARTY_ACCOUNT, clientOrderId: '' }, atMs);
}

function placeCustomerOrder(venue: Venue, input: CustomerOrderInput, atMs: number): OrderView {
  if (isInternalAccount(input.accountId)) throw new RangeError(`${input.accountId} is no customer.`);
  return place(venue, input, atMs);
}

function place(venue: Venue, input: CustomerOrderInput, atMs: number): OrderView {
  const { symbol, side, price, quantity, accountId, clientOrderId } = input;
  for (const value of [price ?? '0', quantity]) parseDecimal(value);
  const order = {
    symbol,
    side,
    ...(price !== undefined && { price }),
    quantity,
    accountId,
    clientOrderId,
    execution: price === undefined ? 'MARKET' : 'LIMIT',
    postOnly: false,
    timeInForce: 'GTC',
    selfTradePrevention: 'NONE',
    attributes: {},
  } as const;
  return execute(venue, { type: 'place', atMs, order });
}

function fillOrder(venue: Venue, input: FillInput, atMs: number): OrderView {
  const { symbol, orderId, clientOrderId, quantity, late } = input;
  const orders = venue.exchange.engine.markets.get(symbol)?.orders;
  const found =
    orderId === undefined
      ? orders?.customers().findLast((order) => order.clientOrderId === clientOrderId)
      : orders?.get(orderId);
  if (found === undefined) {
    throw new RangeError(`There is no order ${orderId ?? clientOrderId ?? '(no id given)'} of ${symbol} to fill.`);
  }
  if (quantity !== undefined && !parseDecimal(quantity).greaterThan(0)) {
    throw new RangeError(`The quantity to fill must be above 0, got ${quantity}.`);
  }
  return execute(venue, {
    type: 'fill',
    atMs,
    symbol,
    orderId: found.orderId,
    ...(quantity !== undefined && { quantity }),
    ...(late === true && { late }),
  });
}

/** @throws RangeError when the engine refuses */
function execute(venue: Venue, command: Command): OrderView {
  const outcome = venue.exchange.execute(command);
  if (outcome.refused !== undefined)
    throw new RangeError(`The exchange refused "${command.type}": ${outcome.refused}.`);
  return outcome.result?.order ?? ({} as OrderView);
}
