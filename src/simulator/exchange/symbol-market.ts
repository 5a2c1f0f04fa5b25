import { Decimal, ZERO, formatDecimal } from '../../domain/decimal';
import type { Accounts } from './accounts';
import type { Refusal } from './commands';
import { ceilTo, estimate, floorTo, notional } from './estimate';
import type { ExchangeEvent, OrderChange, OrderEvent } from './events';
import type { ExpiryReason, Fill, Instrument, OrderRequest, OrderView, Side, TradeParty } from './model';
import { COUNTERPARTY_ACCOUNT, FEE_ACCOUNT, MARKET_ACCOUNT, isInternalAccount } from './model';
import { OrderBook, reaches } from './order-book';
import type { Trade } from './model';
import {
  type Order,
  type StoredOrder,
  createOrder,
  openQuantity,
  opposite,
  restoreOrder,
  storeOrder,
  viewOrder,
} from './order';
import { Orders } from './orders';
import { Trades } from './trades';
import { isReached, observePrice } from './triggers';

/** What became of an order command: the order after it, and the fills that it had as taker. */
export interface OrderResult {
  readonly order: OrderView;
  readonly fills: Fill[];
  readonly executionId: number;
}

export interface StoredMarket {
  readonly instrument: Instrument;
  readonly counters: { order: number; trade: number; execution: number; prevented: number; update: number };
  readonly lastPrice: string;
  readonly orders: StoredOrder[];
  /** Order ids by priority. */
  readonly bids: number[];
  readonly asks: number[];
  readonly waiting: number[];
  readonly trades: { recent: Trade[]; kept: Trade[] };
}

interface QuoteShape {
  readonly price: string;
  readonly levels: number;
  readonly spreadBips: number;
}

/** Part of a level's value that a printed trade has. */
const PRINT_DIVISOR = 100;

/**
 * The market of one symbol: its book, its orders and its trades. Price-time priority, the maker's price, fees from
 * what is received. A refused command changes nothing.
 */
export class SymbolMarket {
  readonly orders = new Orders();
  readonly trades = new Trades();
  readonly book: OrderBook;
  lastPrice: Decimal;
  readonly #waiting = new Set<Order>();
  readonly #prices: Decimal[] = [];
  readonly #counters: StoredMarket['counters'];
  #takerFills: Fill[] = [];
  #best: string;

  constructor(
    readonly instrument: Instrument,
    firstId: number,
    readonly accounts: Accounts,
    readonly emit: (event: ExchangeEvent) => void,
  ) {
    this.#counters = { order: firstId, trade: firstId, execution: firstId, prevented: 0, update: firstId };
    this.book = new OrderBook(firstId);
    this.lastPrice = new Decimal(instrument.initialPrice);
    this.#best = this.#bestText();
  }

  place(request: OrderRequest, atMs: number): OrderResult | { refused: Refusal } {
    if (this.orders.hasOpen(request.accountId, request.clientOrderId)) return { refused: 'DUPLICATE_CLIENT_ORDER_ID' };
    const order = createOrder(request, this.#counters.order, atMs);
    const toLock = request.trigger === undefined ? this.#prepareWorking(order) : this.#prepareWaiting(order);
    if (typeof toLock === 'string') return { refused: toLock };
    const asset = this.#paidAsset(order);
    if (!this.accounts.canSpend(request.accountId, asset, toLock)) return { refused: 'INSUFFICIENT_BALANCE' };
    this.#counters.order += 1;
    this.#takerFills = [];
    this.#lock(order, toLock);
    this.orders.add(order);
    this.#report(order, 'NEW', atMs);
    if (request.trigger === undefined) this.#work(order, atMs);
    else {
      this.#waiting.add(order);
      if (request.trigger.trailingBips !== undefined) observePrice(order, this.lastPrice, atMs);
    }
    this.#settleTriggers(atMs);
    return this.#result(order);
  }

  cancel(orderId: number, clientOrderId: string, atMs: number): OrderResult | { refused: Refusal } {
    const order = this.#openOrder(orderId);
    if (order === undefined) return { refused: 'UNKNOWN_ORDER' };
    this.#takeOff(order);
    this.#close(order, 'CANCELED', atMs);
    this.#report(order, 'CANCELED', atMs, { otherClientOrderId: clientOrderId });
    this.#takerFills = [];
    return this.#result(order);
  }

  /** Lowers the quantity in place, so that the order keeps its priority. */
  reduce(orderId: number, quantity: string, clientOrderId: string, atMs: number): OrderResult | { refused: Refusal } {
    const order = this.#openOrder(orderId);
    if (order === undefined) return { refused: 'UNKNOWN_ORDER' };
    const wanted = new Decimal(quantity);
    if (!wanted.lessThan(order.quantity)) return { refused: 'NOT_REDUCING' };
    if (!wanted.greaterThan(order.executed.plus(order.prevented))) return { refused: 'BELOW_EXECUTED' };
    const before = order.clientOrderId;
    if (clientOrderId !== before && this.orders.hasOpen(order.request.accountId, clientOrderId)) {
      return { refused: 'DUPLICATE_CLIENT_ORDER_ID' };
    }
    this.#release(order, order.quantity.minus(wanted));
    order.quantity = wanted;
    this.orders.unindexOpen(order);
    order.clientOrderId = clientOrderId;
    this.orders.index(order);
    order.updatedAtMs = atMs;
    if (order.working) this.book.sideOf(order.request.side).touch(order.price);
    this.#report(order, 'REPLACED', atMs, { otherClientOrderId: before });
    this.#takerFills = [];
    return this.#result(order);
  }

  /** Moves the market maker's quotes to `price`: orders in the way are filled, and a trade is printed there. */
  quote(shape: QuoteShape, atMs: number): void {
    for (const order of this.orders.internalOf(MARKET_ACCOUNT)) this.#withdraw(order);
    for (const side of ['BUY', 'SELL'] as const) {
      for (const price of this.#ladder(side, shape)) this.#quoteLevel(side, price, atMs);
    }
    this.#print(floorTo(new Decimal(shape.price), this.instrument.tickSize), atMs);
    this.#settleTriggers(atMs);
  }

  /** Fills a resting order at its price from outside of the book, whatever is before it in the queue. */
  fill(orderId: number, quantity: string | undefined, atMs: number): OrderResult | { refused: Refusal } {
    const maker = this.#openOrder(orderId);
    if (maker === undefined) return { refused: 'UNKNOWN_ORDER' };
    if (!maker.working) return { refused: 'NOT_ON_BOOK' };
    return this.#fillAside(maker, quantity, atMs);
  }

  /** A trade that is reported after its order's cancel: it counts, and the order stays cancelled. */
  fillLate(orderId: number, quantity: string | undefined, atMs: number): OrderResult | { refused: Refusal } {
    const maker = this.orders.get(orderId);
    if (maker?.status !== 'CANCELED') return { refused: 'UNKNOWN_ORDER' };
    if (!maker.working || openQuantity(maker).isZero()) return { refused: 'NOT_ON_BOOK' };
    const { accountId } = maker.request;
    const isPayable = this.accounts.canSpend(accountId, this.#paidAsset(maker), this.#costOf(maker));
    return isPayable ? this.#fillAside(maker, quantity, atMs) : { refused: 'INSUFFICIENT_BALANCE' };
  }

  #fillAside(maker: Order, quantity: string | undefined, atMs: number): OrderResult {
    const wanted = quantity === undefined ? openQuantity(maker) : Decimal.min(openQuantity(maker), quantity);
    const side = opposite(maker.request.side);
    const taker = createOrder(
      this.#internalRequest(COUNTERPARTY_ACCOUNT, side, maker.price, wanted),
      this.#counters.order,
      atMs,
    );
    this.#counters.order += 1;
    this.#lock(taker, this.#costOf(taker));
    this.#trade(maker, taker, wanted, atMs);
    this.#takerFills = [];
    this.#settleTriggers(atMs);
    return this.#result(maker);
  }

  /** Says which levels changed since the last call. */
  publishBook(): void {
    const bids = this.book.bids.takeChanges();
    const asks = this.book.asks.takeChanges();
    const changes = bids.length + asks.length;
    if (changes === 0) return;
    const firstUpdateId = this.book.lastUpdateId + 1;
    this.book.lastUpdateId += changes;
    const best = this.#bestText();
    const bestChanged = best !== this.#best;
    this.#best = best;
    const { symbol } = this.instrument;
    this.emit({ kind: 'book', symbol, firstUpdateId, lastUpdateId: this.book.lastUpdateId, bids, asks, bestChanged });
  }

  dump(): StoredMarket {
    const ids = (side: Side): number[] =>
      this.book.sideOf(side).levels.flatMap((level) => level.orders.map((order) => order.orderId));
    return {
      instrument: this.instrument,
      counters: { ...this.#counters, update: this.book.lastUpdateId },
      lastPrice: formatDecimal(this.lastPrice),
      orders: this.orders.all().map(storeOrder),
      bids: ids('BUY'),
      asks: ids('SELL'),
      waiting: [...this.#waiting].map((order) => order.orderId),
      trades: this.trades.dump(),
    };
  }

  restore(stored: StoredMarket): void {
    Object.assign(this.#counters, stored.counters);
    this.lastPrice = new Decimal(stored.lastPrice);
    for (const order of stored.orders) this.orders.add(restoreOrder(order));
    const known = (orderId: number): Order => {
      const order = this.orders.get(orderId);
      if (order === undefined)
        throw new Error(`The snapshot of ${this.instrument.symbol} lacks order ${orderId}: it is damaged.`);
      return order;
    };
    for (const orderId of [...stored.bids, ...stored.asks]) {
      const order = known(orderId);
      this.book.sideOf(order.request.side).add(order);
    }
    for (const orderId of stored.waiting) this.#waiting.add(known(orderId));
    this.trades.restore(stored.trades);
    this.book.bids.takeChanges();
    this.book.asks.takeChanges();
    this.book.lastUpdateId = stored.counters.update;
    this.#best = this.#bestText();
  }

  /** @returns what to lock, or why the order is refused */
  #prepareWorking(order: Order): Decimal | Refusal {
    const { execution, postOnly, side, quoteBudget } = order.request;
    if (execution === 'LIMIT') {
      if (postOnly && this.book.crosses(side, order.price)) return 'WOULD_TAKE';
      return this.#costOf(order);
    }
    const expected = estimate(this.book, this.instrument, order);
    if (quoteBudget !== undefined) {
      if (expected.quantity.isZero()) return 'NO_LIQUIDITY';
      order.quantity = expected.quantity;
    }
    return side === 'SELL' ? order.quantity : expected.quote;
  }

  #prepareWaiting(order: Order): Decimal | Refusal {
    const { trigger, execution, side } = order.request;
    if (trigger !== undefined && trigger.trailingBips === undefined && isReached(trigger, this.lastPrice))
      return 'WOULD_TRIGGER';
    return execution === 'MARKET' && side === 'BUY' ? ZERO : this.#costOf(order);
  }

  #work(order: Order, atMs: number): void {
    const { timeInForce, execution } = order.request;
    if (timeInForce === 'FOK' && estimate(this.book, this.instrument, order).quantity.lessThan(openQuantity(order))) {
      return this.#expire(order, 'UNFILLED_FOK_ORDER_EXPIRED', atMs);
    }
    this.#match(order, atMs);
    if (order.status !== 'NEW' && order.status !== 'PARTIALLY_FILLED') return;
    if (execution === 'MARKET') return this.#expire(order, 'INSUFFICIENT_LIQUIDITY', atMs);
    if (timeInForce === 'IOC') return this.#expire(order, 'UNFILLED_IOC_QUANTITY_EXPIRED', atMs);
    this.book.sideOf(order.request.side).add(order);
  }

  /** Takes from the other side, best price and oldest order first, until nothing matches or nothing is left. */
  #match(taker: Order, atMs: number): void {
    const { side, execution, accountId, selfTradePrevention } = taker.request;
    while (openQuantity(taker).greaterThan(0)) {
      const maker = this.book.sideOf(opposite(side)).levels[0]?.orders[0];
      if (maker === undefined) return;
      if (execution === 'LIMIT' && !reaches(side, taker.price, maker.price)) return;
      if (selfTradePrevention !== 'NONE' && maker.request.accountId === accountId) this.#prevent(maker, taker, atMs);
      else this.#trade(maker, taker, Decimal.min(openQuantity(maker), openQuantity(taker)), atMs);
    }
  }

  #trade(maker: Order, taker: Order, quantity: Decimal, atMs: number): void {
    const price = maker.price;
    const quote = notional(this.instrument, price, quantity);
    const tradeId = this.#counters.trade;
    this.#counters.trade += 1;
    const parties = [maker, taker].map((order) => this.#settle(order, quantity, quote, order === maker, atMs));
    const [makerParty, takerParty] = parties as [TradeParty, TradeParty];
    this.book.sideOf(maker.request.side).touch(price);
    if (maker.status === 'FILLED') {
      this.#takeOff(maker);
      this.orders.closed(maker);
    }
    if (taker.status === 'FILLED') this.orders.closed(taker);
    const fill = {
      tradeId,
      price: formatDecimal(price),
      quantity: formatDecimal(quantity),
      quote: formatDecimal(quote),
    };
    const takerFill = { ...fill, fee: takerParty.fee, feeAsset: takerParty.feeAsset, isMaker: false };
    this.#takerFills.push(takerFill);
    this.#report(taker, 'TRADE', atMs, { fill: takerFill });
    this.#report(maker, 'TRADE', atMs, {
      fill: { ...fill, fee: makerParty.fee, feeAsset: makerParty.feeAsset, isMaker: true },
    });
    const { symbol } = this.instrument;
    this.#tell({ symbol, ...fill, atMs, takerSide: taker.request.side, maker: makerParty, taker: takerParty }, price);
  }

  /** Books one side of a trade: what is paid comes out of the order's lock, the fee out of what is received. */
  #settle(order: Order, quantity: Decimal, quote: Decimal, isMaker: boolean, atMs: number): TradeParty {
    const { accountId, side } = order.request;
    const { base, quote: quoteAsset, amountDigits } = this.instrument;
    const [paid, received, feeAsset] = side === 'BUY' ? [quote, quantity, base] : [quantity, quote, quoteAsset];
    const rates = this.accounts.fees(accountId);
    const fee = received.times(isMaker ? rates.maker : rates.taker).toDecimalPlaces(amountDigits, Decimal.ROUND_DOWN);
    const isHeld = order.request.execution === 'LIMIT' && side === 'BUY';
    const wasLocked = isHeld ? notional(this.instrument, order.price, quantity) : paid;
    order.executed = order.executed.plus(quantity);
    order.cost = order.cost.plus(quote);
    if (order.status !== 'CANCELED') order.status = openQuantity(order).isZero() ? 'FILLED' : 'PARTIALLY_FILLED';
    order.updatedAtMs = atMs;
    this.#unlock(order, order.status === 'FILLED' ? order.locked : Decimal.min(order.locked, wasLocked));
    this.accounts.credit(accountId, this.#paidAsset(order), paid.negated());
    this.accounts.credit(accountId, feeAsset, received.minus(fee));
    this.accounts.credit(FEE_ACCOUNT, feeAsset, fee);
    return { accountId, orderId: order.orderId, clientOrderId: order.clientOrderId, fee: formatDecimal(fee), feeAsset };
  }

  /** Keeps two orders of one account apart, as the taker's mode says. */
  #prevent(maker: Order, taker: Order, atMs: number): void {
    const mode = taker.request.selfTradePrevention;
    const smaller = Decimal.min(openQuantity(maker), openQuantity(taker));
    const preventedMatchId = this.#counters.prevented;
    this.#counters.prevented += 1;
    const losses: [Order, Order, Decimal][] = [];
    if (mode === 'DECREMENT') losses.push([maker, taker, smaller], [taker, maker, smaller]);
    if (mode === 'EXPIRE_MAKER' || mode === 'EXPIRE_BOTH') losses.push([maker, taker, openQuantity(maker)]);
    if (mode === 'EXPIRE_TAKER' || mode === 'EXPIRE_BOTH') losses.push([taker, maker, openQuantity(taker)]);
    for (const [order, counter, lost] of losses) {
      order.prevented = order.prevented.plus(lost);
      order.preventedMatchId = preventedMatchId;
      order.updatedAtMs = atMs;
      if (openQuantity(order).isZero()) {
        if (order === maker) this.#takeOff(order);
        this.#close(order, 'EXPIRED_IN_MATCH', atMs);
      } else this.#release(order, lost);
      if (order === maker) this.book.sideOf(order.request.side).touch(order.price);
      const [quantity, price] = [formatDecimal(lost), formatDecimal(maker.price)];
      const prevented = { preventedMatchId, quantity, price, counterOrderId: counter.orderId };
      this.#report(order, 'TRADE_PREVENTION', atMs, { prevented });
    }
  }

  #expire(order: Order, reason: ExpiryReason, atMs: number): void {
    order.expiryReason = reason;
    this.#close(order, 'EXPIRED', atMs);
    this.#report(order, 'EXPIRED', atMs);
  }

  #close(order: Order, status: 'CANCELED' | 'EXPIRED' | 'EXPIRED_IN_MATCH', atMs: number): void {
    order.status = status;
    order.updatedAtMs = atMs;
    this.#unlock(order, order.locked);
    this.orders.closed(order);
  }

  /** Shows every new price to the waiting orders; what they trade makes new prices. Ends: each round takes one away. */
  #settleTriggers(atMs: number): void {
    for (let price = this.#prices.shift(); price !== undefined; price = this.#prices.shift()) {
      const shown = price;
      const due = [...this.#waiting].filter((order) => observePrice(order, shown, atMs));
      for (const order of due) {
        this.#waiting.delete(order);
        this.#activate(order, atMs);
      }
    }
  }

  #activate(order: Order, atMs: number): void {
    const fills = this.#takerFills;
    this.#takerFills = [];
    order.working = true;
    order.workingAtMs = atMs;
    order.updatedAtMs = atMs;
    const { execution, side, accountId } = order.request;
    const missing = execution === 'MARKET' && side === 'BUY' ? estimate(this.book, this.instrument, order).quote : ZERO;
    if (!this.accounts.canSpend(accountId, this.#paidAsset(order), missing)) this.#expire(order, 'REJECTED', atMs);
    else {
      this.#lock(order, missing);
      this.#report(order, 'WORKING', atMs);
      this.#work(order, atMs);
    }
    this.#takerFills = fills;
  }

  #ladder(side: Side, { price, levels, spreadBips }: QuoteShape): Decimal[] {
    const { tickSize } = this.instrument;
    const sign = side === 'BUY' ? -1 : 1;
    const prices: Decimal[] = [];
    for (let level = 1; level <= levels; level += 1) {
      const away = new Decimal(price).times(new Decimal(sign * level * spreadBips).dividedBy(10_000).plus(1));
      const onTick = side === 'BUY' ? floorTo(away, tickSize) : ceilTo(away, tickSize);
      const previous = prices.at(-1);
      prices.push(previous?.equals(onTick) ? onTick.plus(new Decimal(tickSize).times(sign)) : onTick);
    }
    return prices.filter((each) => each.greaterThan(0));
  }

  #quoteLevel(side: Side, price: Decimal, atMs: number): void {
    const { levelNotional, stepSize, quantityMin, quantityMax } = this.instrument;
    const value = floorTo(new Decimal(levelNotional).dividedBy(price), stepSize);
    const quantity = Decimal.min(quantityMax, Decimal.max(quantityMin, value));
    const order = createOrder(this.#internalRequest(MARKET_ACCOUNT, side, price, quantity), this.#counters.order, atMs);
    this.#counters.order += 1;
    this.orders.add(order);
    this.#lock(order, this.#costOf(order));
    this.#work(order, atMs);
  }

  /** A trade between two others, so that the last price follows the market. Left out where it would jump the book. */
  #print(price: Decimal, atMs: number): void {
    const bid = this.book.bestPrice('BUY');
    const ask = this.book.bestPrice('SELL');
    if ((bid !== undefined && price.lessThan(bid)) || (ask !== undefined && price.greaterThan(ask))) return;
    const { symbol, levelNotional, stepSize, quantityMin, base, quote: quoteAsset } = this.instrument;
    const size = Decimal.max(
      quantityMin,
      floorTo(new Decimal(levelNotional).dividedBy(price.times(PRINT_DIVISOR)), stepSize),
    );
    const takerSide = price.lessThan(this.lastPrice) ? 'SELL' : 'BUY';
    const party = { accountId: MARKET_ACCOUNT, orderId: 0, clientOrderId: '', fee: '0' };
    const [maker, taker] = takerSide === 'BUY' ? [quoteAsset, base] : [base, quoteAsset];
    const tradeId = this.#counters.trade;
    this.#counters.trade += 1;
    const trade: Trade = {
      symbol,
      tradeId,
      price: formatDecimal(price),
      quantity: formatDecimal(size),
      quote: formatDecimal(notional(this.instrument, price, size)),
      atMs,
      takerSide,
      maker: { ...party, feeAsset: maker },
      taker: { ...party, feeAsset: taker },
    };
    this.#tell(trade, price);
  }

  #tell(trade: Trade, price: Decimal): void {
    this.lastPrice = price;
    if (this.#waiting.size > 0) this.#prices.push(price);
    this.trades.add(trade);
    this.emit({ kind: 'trade', trade });
  }

  #withdraw(order: Order): void {
    this.#takeOff(order);
    this.#unlock(order, order.locked);
    this.orders.closed(order);
  }

  #takeOff(order: Order): void {
    if (!this.#waiting.delete(order)) this.book.sideOf(order.request.side).remove(order);
  }

  #openOrder(orderId: number): Order | undefined {
    const order = this.orders.get(orderId);
    return order?.status === 'NEW' || order?.status === 'PARTIALLY_FILLED' ? order : undefined;
  }

  #paidAsset(order: Order): string {
    return order.request.side === 'BUY' ? this.instrument.quote : this.instrument.base;
  }

  #costOf(order: Order): Decimal {
    const { price, quantity, request } = order;
    return request.side === 'BUY' ? notional(this.instrument, price, quantity) : quantity;
  }

  #lock(order: Order, amount: Decimal): void {
    if (amount.isZero()) return;
    order.locked = order.locked.plus(amount);
    this.accounts.lock(order.request.accountId, this.#paidAsset(order), amount);
  }

  #unlock(order: Order, amount: Decimal): void {
    this.#lock(order, amount.negated());
  }

  /** Gives back what `quantity` of a limit order held. */
  #release(order: Order, quantity: Decimal): void {
    const held = order.request.side === 'SELL' ? quantity : notional(this.instrument, order.price, quantity);
    this.#unlock(order, Decimal.min(order.locked, held));
  }

  #internalRequest(accountId: string, side: Side, price: Decimal, quantity: Decimal): OrderRequest {
    const { symbol } = this.instrument;
    const [priceText, quantityText] = [formatDecimal(price), formatDecimal(quantity)];
    const shape = { execution: 'LIMIT', postOnly: false, timeInForce: 'GTC', selfTradePrevention: 'NONE' } as const;
    return {
      symbol,
      accountId,
      clientOrderId: '',
      side,
      ...shape,
      price: priceText,
      quantity: quantityText,
      attributes: {},
    };
  }

  #result(order: Order): OrderResult {
    return { order: viewOrder(order), fills: this.#takerFills, executionId: this.#counters.execution - 1 };
  }

  #report(
    order: Order,
    change: OrderChange,
    atMs: number,
    detail: Pick<OrderEvent, 'fill' | 'prevented' | 'otherClientOrderId'> = {},
  ): void {
    const { accountId } = order.request;
    if (isInternalAccount(accountId)) return;
    const executionId = this.#counters.execution;
    this.#counters.execution += 1;
    this.emit({ kind: 'order', accountId, change, executionId, atMs, order: viewOrder(order), ...detail });
  }

  #bestText(): string {
    return JSON.stringify([this.book.bids.top(1), this.book.asks.top(1)]);
  }
}
