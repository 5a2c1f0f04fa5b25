import { Decimal, sum } from '../../src/domain/decimal';
import { orderOfClientOrderId } from '../../src/domain/ids';
import type { Fill, Order } from '../../src/domain/order';
import type { PositionState } from '../../src/domain/position';
import type { SimulatorState } from '../../src/simulator/admin-api';
import type { OrderView, Trade } from '../../src/simulator/exchange/model';

/** What we say, gathered through the service's own read side. */
export interface OurBooks {
  orders: { order: Order; fills: Fill[] }[];
  positions: PositionState[];
}

export interface Audit {
  orders: number;
  fills: number;
  /** One sentence per disagreement; empty: exchange and records agree on everything. */
  findings: string[];
}

/**
 * Compares an account at the simulated exchange with our records: each order sent at most once, the same state on both
 * sides, every fill booked exactly once, and positions that are the exact sum of the exchange's fills.
 */
export function auditAccount(exchange: SimulatorState, accountId: string, books: OurBooks): Audit {
  const sent = exchange.orders.filter((order) => order.accountId === accountId);
  const trades = exchange.trades.flatMap((trade) => ownSides(trade, accountId));
  const findings = [
    ...doubledOrders(sent),
    ...books.orders.flatMap(({ order, fills }) => orderFindings(order, fills, sent, trades)),
    ...strangers(sent, books),
    ...positionFindings(trades, books.positions),
  ];
  return { orders: sent.length, fills: trades.length, findings };
}

interface OwnTrade {
  symbol: string;
  tradeId: string;
  clientOrderId: string;
  orderId: string;
  signedQuantity: Decimal;
  baseFee: string;
}

function ownSides(trade: Trade, accountId: string): OwnTrade[] {
  return [trade.maker, trade.taker]
    .filter((party) => party.accountId === accountId)
    .map((party) => {
      const side = party === trade.taker ? trade.takerSide : trade.takerSide === 'BUY' ? 'SELL' : 'BUY';
      return {
        symbol: trade.symbol,
        tradeId: String(trade.tradeId),
        clientOrderId: party.clientOrderId,
        orderId: String(party.orderId),
        signedQuantity: new Decimal(trade.quantity).times(side === 'BUY' ? 1 : -1),
        baseFee: trade.symbol.startsWith(party.feeAsset) ? party.fee : '0',
      };
    });
}

function doubledOrders(sent: readonly OrderView[]): string[] {
  const counts = groupBy(sent, ({ clientOrderId }) => clientOrderId);
  return [...counts]
    .filter(([, same]) => same.length > 1)
    .map(([id, same]) => `client order id ${id} was sent ${same.length} times`);
}

const STATUS_AT_EXCHANGE: Record<string, Order['status']> = {
  NEW: 'OPEN',
  PARTIALLY_FILLED: 'PARTIALLY_FILLED',
  FILLED: 'FILLED',
  CANCELED: 'CANCELLED',
  EXPIRED: 'EXPIRED',
  EXPIRED_IN_MATCH: 'EXPIRED',
  REJECTED: 'REJECTED',
};

function orderFindings(order: Order, fills: Fill[], sent: readonly OrderView[], trades: readonly OwnTrade[]): string[] {
  const { orderId, clientOrderId, status, filledQuantity } = order;
  const theirs = sent.find((view) => view.clientOrderId === clientOrderId);
  if (theirs === undefined) {
    const unsent = ['REJECTED', 'CANCELLED'].includes(status) && fills.length === 0;
    return unsent ? [] : [`order ${orderId} is ${status} with ${fills.length} fills, the exchange never had it`];
  }
  const findings: string[] = [];
  const note = (what: string, ours: string, exchange: string): void => {
    if (ours !== exchange) findings.push(`order ${orderId}: ${what} is ${ours} here, ${exchange} at the exchange`);
  };
  note('status', status, STATUS_AT_EXCHANGE[theirs.status] ?? theirs.status);
  note('filled quantity', filledQuantity, sum([theirs.executed]));
  note('exchange order id', order.exchangeOrderId ?? 'absent', String(theirs.orderId));
  note('sum of fills', sum(fills.map(({ quantity }) => quantity)), sum([theirs.executed]));
  const tradeIds = trades.filter(
    (trade) => trade.clientOrderId === clientOrderId && trade.orderId === String(theirs.orderId),
  );
  note('trades', ids(fills.map(({ executionId }) => executionId)), ids(tradeIds.map(({ tradeId }) => tradeId)));
  return findings;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function ids(values: string[]): string {
  return [...values].sort().join(',');
}

function strangers(sent: readonly OrderView[], books: OurBooks): string[] {
  const known = new Set(books.orders.map(({ order }) => order.orderId));
  return sent
    .filter(({ clientOrderId }) => !known.has(orderOfClientOrderId(clientOrderId)?.orderId ?? ''))
    .map(({ clientOrderId }) => `the exchange has an order ${clientOrderId} that no record knows`);
}

function positionFindings(trades: readonly OwnTrade[], positions: readonly PositionState[]): string[] {
  const bySymbol = groupBy(trades, ({ symbol }) => symbol);
  const held = new Map(positions.map((position) => [position.assetId.replace('/', ''), position]));
  const symbols = new Set([...bySymbol.keys(), ...held.keys()]);
  return [...symbols].flatMap((symbol) => {
    const own = bySymbol.get(symbol) ?? [];
    const expected = sum(own.flatMap(({ signedQuantity, baseFee }) => [signedQuantity.toFixed(), `-${baseFee}`]));
    const ours = held.get(symbol)?.quantity ?? '0';
    const findings =
      ours === expected ? [] : [`position ${symbol} is ${ours} here, ${expected} by the exchange's fills`];
    const version = held.get(symbol)?.version ?? 0;
    if (version !== own.length)
      findings.push(`position ${symbol} was changed ${version} times for ${own.length} fills`);
    return findings;
  });
}
