import * as fc from 'fast-check';
import { Decimal, formatDecimal, sum } from '../../src/domain/decimal';
import type { ExchangeEvent } from '../../src/simulator/exchange/events';
import { MatchingEngine } from '../../src/simulator/exchange/matching-engine';
import type { OrderView, Trade } from '../../src/simulator/exchange/model';
import { CUSTOMERS, DEPOSITS, TOY, commands, openingCommands } from './simulator-commands';

const RUNS = 100;

function openEngine(): MatchingEngine {
  const engine = new MatchingEngine();
  for (const command of openingCommands()) engine.apply(command);
  return engine;
}

function total(engine: MatchingEngine, asset: string): string {
  return sum(
    engine.accounts
      .dump()
      .flatMap(({ balances }) => balances)
      .filter((balance) => balance.asset === asset)
      .flatMap(({ free, locked }) => [free, locked]),
  );
}

function checkBalances(engine: MatchingEngine): void {
  for (const [asset, deposit] of Object.entries(DEPOSITS)) {
    expect(total(engine, asset)).toBe(formatDecimal(new Decimal(deposit).times(CUSTOMERS.length)));
  }
  for (const accountId of CUSTOMERS) {
    for (const { asset, free, locked } of engine.accounts.balances(accountId)) {
      expect(Number(free)).toBeGreaterThanOrEqual(0);
      const side = asset === TOY.quote ? 'BUY' : 'SELL';
      const held = engine.orders().filter((order) => order.accountId === accountId && order.side === side);
      expect(locked).toBe(sum(held.map((order) => order.locked)));
    }
  }
}

function checkOrders(engine: MatchingEngine): void {
  const parts = engine.trades().flatMap((trade) => [
    { orderId: trade.maker.orderId, trade },
    { orderId: trade.taker.orderId, trade },
  ]);
  for (const order of engine.orders()) {
    const own = parts.filter(({ orderId }) => orderId === order.orderId).map(({ trade }) => trade);
    expect(order.executed).toBe(sum(own.map(({ quantity }) => quantity)));
    expect(order.cost).toBe(sum(own.map(({ quote }) => quote)));
    const open = new Decimal(order.quantity).minus(order.executed).minus(order.prevented);
    expect(open.greaterThanOrEqualTo(0)).toBe(true);
    if (order.status === 'FILLED') expect(open.isZero()).toBe(true);
    if (!isOpen(order)) expect(order.locked).toBe('0');
    if (isOpen(order) && order.execution === 'LIMIT') {
      expect(order.locked).toBe(formatDecimal(order.side === 'BUY' ? open.times(order.price) : open));
    }
    if (order.execution === 'LIMIT')
      for (const { price } of own) expect(isWithin(order.side, price, order.price)).toBe(true);
  }
}

function isOpen(order: OrderView): boolean {
  return order.status === 'NEW' || order.status === 'PARTIALLY_FILLED';
}

function isWithin(side: string, price: string, limit: string): boolean {
  return side === 'BUY' ? Number(price) <= Number(limit) : Number(price) >= Number(limit);
}

function tradesOf(events: readonly ExchangeEvent[]): Trade[] {
  return events.flatMap((event) => (event.kind === 'trade' ? [event.trade] : []));
}

test('whatever is ordered, every asset is conserved, locks match open orders, and fills add up', () => {
  fc.assert(
    fc.property(commands({ withStops: true }), (sequence) => {
      const engine = openEngine();
      const closed = new Map<number, string>();
      for (const command of sequence) {
        engine.apply(command);
        for (const order of engine.orders()) {
          expect(order.status).toBe(closed.get(order.orderId) ?? order.status);
          if (!isOpen(order)) closed.set(order.orderId, order.status);
        }
        const book = engine.markets.get(TOY.symbol)!.book;
        const [bid, ask] = [book.bestPrice('BUY'), book.bestPrice('SELL')];
        if (bid !== undefined && ask !== undefined) expect(bid.lessThan(ask)).toBe(true);
      }
      checkBalances(engine);
      checkOrders(engine);
    }),
    { numRuns: RUNS },
  );
});

test('a taker meets the best price first, and at one price the oldest order first, at the maker’s price', () => {
  fc.assert(
    fc.property(commands({ withStops: false }), (sequence) => {
      const engine = openEngine();
      const market = engine.markets.get(TOY.symbol)!;
      for (const command of sequence) {
        const before = market.dump();
        const outcome = engine.apply(command);
        if (command.type !== 'place' || outcome.refused !== undefined) continue;
        const queue = command.order.side === 'BUY' ? before.asks : before.bids;
        const trades = tradesOf(outcome.events);
        expect(trades.map(({ maker }) => maker.orderId)).toEqual(queue.slice(0, trades.length));
        for (const { maker, price } of trades) {
          expect(price).toBe(before.orders.find(({ view }) => view.orderId === maker.orderId)?.view.price);
        }
      }
    }),
    { numRuns: RUNS },
  );
});

test('the book’s own order of levels follows prices, and arrival within a price', () => {
  fc.assert(
    fc.property(commands({ withStops: false }), (sequence) => {
      const engine = openEngine();
      const market = engine.markets.get(TOY.symbol)!;
      const amended = sequence.map((command) => (command.type === 'quote' ? { ...command, levels: 0 } : command));
      for (const command of amended) engine.apply(command);
      const dump = market.dump();
      const view = (orderId: number): { price: number; orderId: number } => ({
        price: Number(dump.orders.find((order) => order.view.orderId === orderId)!.view.price),
        orderId,
      });
      const asks = dump.asks.map(view);
      const bids = dump.bids.map(view);
      expect(asks).toEqual([...asks].sort((a, b) => a.price - b.price || a.orderId - b.orderId));
      expect(bids).toEqual([...bids].sort((a, b) => b.price - a.price || a.orderId - b.orderId));
    }),
    { numRuns: RUNS },
  );
});

test('the same commands give the same state, events included', () => {
  fc.assert(
    fc.property(commands({ withStops: true }), (sequence) => {
      const [one, other] = [openEngine(), openEngine()];
      for (const command of sequence) expect(one.apply(command)).toEqual(other.apply(command));
      expect(one.dump()).toEqual(other.dump());
    }),
    { numRuns: 100 },
  );
});

test('a refused command changes nothing', () => {
  fc.assert(
    fc.property(commands({ withStops: true }), (sequence) => {
      const engine = openEngine();
      for (const command of sequence) {
        const before = JSON.stringify(engine.dump());
        if (engine.apply(command).refused !== undefined) expect(JSON.stringify(engine.dump())).toBe(before);
      }
    }),
    { numRuns: 100 },
  );
});

test('book events, put together, give the book', () => {
  fc.assert(
    fc.property(commands({ withStops: true }), (sequence) => {
      const engine = openEngine();
      const market = engine.markets.get(TOY.symbol)!;
      const levels = { bids: new Map<string, string>(), asks: new Map<string, string>() };
      let lastUpdateId = market.book.lastUpdateId;
      for (const event of sequence
        .flatMap((command) => engine.apply(command))
        .flatMap((outcome) => (outcome.refused === undefined ? outcome.events : []))) {
        if (event.kind !== 'book') continue;
        expect(event.firstUpdateId).toBe(lastUpdateId + 1);
        lastUpdateId = event.lastUpdateId;
        for (const side of ['bids', 'asks'] as const) {
          for (const [price, quantity] of event[side]) {
            if (quantity === '0') levels[side].delete(price);
            else levels[side].set(price, quantity);
          }
        }
      }
      for (const side of ['bids', 'asks'] as const) {
        const shown = market.book[side].top(Infinity).map(([price, quantity]) => [price, quantity]);
        expect([...levels[side]].sort()).toEqual(shown.sort());
      }
    }),
    { numRuns: 100 },
  );
});
