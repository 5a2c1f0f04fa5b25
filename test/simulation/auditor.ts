import { Decimal, sum } from '../../src/domain/decimal';
import { orderOfClientOrderId } from '../../src/domain/ids';
import type { Fill, Order } from '../../src/domain/order';
import type { PositionState } from '../../src/domain/position';
import type { SimulatorState } from '../../src/simulator/admin-api';
import type { OrderView, Trade } from '../../src/simulator/exchange/model';
import { expectedStatuses, isLive, type Placements } from './expected-status';

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
  /** More was sent or booked than is right, or an order called refused that was taken: no waiting mends that. */
  isBeyondMending: boolean;
}

/**
 * Compares an account at the simulated exchange with our records: each order sent at most once, save replacements that
 * take the place of one another, the same state and terms on both sides, every fill booked exactly once, and positions
 * that are the exact sum of the exchange's fills.
 */
export function auditAccount(exchange: SimulatorState, accountId: string, books: OurBooks): Audit {
  const sent = exchange.orders.filter((order) => order.accountId === accountId);
  const trades = exchange.trades.flatMap((trade) => ownSides(trade, accountId));
  const doubled = doubledOrders(sent);
  const findings = [
    ...doubled,
    ...books.orders.flatMap(({ order, fills }) => orderFindings(order, fills, sent, trades)),
    ...strangers(sent, books),
    ...positionFindings(trades, books.positions),
  ];
  const bookings = books.positions.reduce((total, { version }) => total + version, 0);
  const isTakenThoughRefused = books.orders.some(
    ({ order }) => order.status === 'REJECTED' && placementsOf(order, sent).length > 0,
  );
  const isBeyondMending = doubled.length > 0 || bookings > trades.length || isTakenThoughRefused;
  return { orders: sent.length, fills: trades.length, findings, isBeyondMending };
}

interface OwnTrade {
  symbol: string;
  tradeId: string;
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

function orderFindings(order: Order, fills: Fill[], sent: readonly OrderView[], trades: readonly OwnTrade[]): string[] {
  const placements = placementsOf(order, sent);
  const last = placements.at(-1);
  if (last === undefined) return neverSentFindings(order, fills);
  const findings: string[] = [];
  const note = (what: string, ours: string, exchange: string): void => {
    if (ours !== exchange)
      findings.push(`order ${order.orderId}: ${what} is ${ours} here, ${exchange} at the exchange`);
  };
  const statuses = expectedStatuses(order, placements);
  if (!statuses.includes(order.status)) note('status', order.status, statuses.join(' or '));
  const executed = sum(placements.map((placement) => placement.executed));
  note('filled quantity', order.filledQuantity, executed);
  note('sum of fills', sum(fills.map(({ quantity }) => quantity)), executed);
  note('exchange order id', order.exchangeOrderId ?? 'absent', String(last.orderId));
  note('client order id', order.clientOrderId ?? 'absent', last.clientOrderId);
  note('quantity', order.quantity, sum([last.quantity]));
  if (last.execution === 'LIMIT') note('price', order.price ?? 'absent', sum([last.price]));
  const stopPrice = last.trigger?.price;
  if (stopPrice !== undefined) note('stop price', order.stopPrice ?? 'absent', sum([stopPrice]));
  const exchangeIds = new Set(placements.map(({ orderId }) => String(orderId)));
  const tradeIds = trades.filter(({ orderId, symbol }) => exchangeIds.has(orderId) && symbol === last.symbol);
  note('trades', ids(fills.map(({ executionId }) => executionId)), ids(tradeIds.map(({ tradeId }) => tradeId)));
  const left = placements.slice(0, -1).filter(isLive);
  return [...findings, ...left.map(({ clientOrderId }) => `${clientOrderId} is live beside its own replacement`)];
}

/** An order at the exchange, in the order of its replacements. */
function placementsOf({ orderId, assetId }: Order, sent: readonly OrderView[]): Placements {
  const generationOf = ({ clientOrderId }: OrderView): number => orderOfClientOrderId(clientOrderId)?.generation ?? 0;
  return sent
    .filter(({ clientOrderId }) => orderOfClientOrderId(clientOrderId)?.orderId === orderId)
    .filter(({ symbol }) => symbol === assetId.replace('/', ''))
    .sort((a, b) => generationOf(a) - generationOf(b));
}

/** The service may watch the market for it; or it was refused, or ended before anything was sent. */
function neverSentFindings({ orderId, status, timeInForce, events }: Order, fills: readonly Fill[]): string[] {
  const isArmed = events.some(({ type }) => type === 'ARMED');
  const isPlausible =
    ['REJECTED', 'CANCELLED'].includes(status) ||
    (status === 'OPEN' && isArmed) ||
    (status === 'EXPIRED' && timeInForce === 'GTD');
  if (isPlausible && fills.length === 0) return [];
  return [`order ${orderId} is ${status} with ${fills.length} fills, the exchange never had it`];
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
