import type { ForeignOrder } from '../../domain/account';
import { Decimal, formatDecimal, parseDecimal, sum } from '../../domain/decimal';
import { ServiceError } from '../../domain/errors';
import { orderOfClientOrderId } from '../../domain/ids';
import type { ExecutionUpdate, OrderUpdate } from '../../domain/order';
import type { Clock } from '../../platform/clock';
import { isoTime } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { Balance, BalanceResponse, FoundOrder, OrderRef, PositionResponse, Ticker } from '../adapter';
import type { BinanceEndpoints } from './endpoints';
import { isNoSuchOrder } from './errors';
import type { InstrumentBook } from './instruments';
import { asked, dataOf } from './outcomes';
import type { OrderIdentity, Params } from './translate';
import { EXCHANGE_ID, executionOfTrade, foreignOrder, termsOfQueried, updateOfQueried } from './translate';
import type { OwnTrade } from './wire';

/** The most that myTrades gives at once. */
const TRADES_PAGE = 1_000;
const TRADE_PAGES_MAX = 50;
/** myTrades looks at no longer stretch of time at once. */
const TRADES_WINDOW_MS = 24 * 3_600_000;
const TRADE_WINDOWS_MAX = 92;

/** What is read of an account. All throw ServiceError; a query refused for our clock alone is asked a second time. */
export class Queries {
  constructor(
    private readonly endpoints: BinanceEndpoints,
    private readonly instruments: InstrumentBook,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async findOrder(ref: OrderRef): Promise<FoundOrder> {
    const what = `The lookup of order ${ref.orderId}`;
    const { symbol } = await this.instruments.named(ref.assetId);
    const params = { symbol, origClientOrderId: ref.clientOrderId };
    const reply = await asked(() => this.endpoints.getOrder(params));
    if (reply.kind === 'refused' && isNoSuchOrder(reply.refusal)) return { found: false };
    const order = dataOf(what, reply);
    const update = updateOfQueried(ref, order);
    const terms = termsOfQueried(order);
    if (update.filledQuantity === '0') return { found: true, update, executions: [], terms };
    const trades = await this.tradesFrom({ symbol, orderId: String(order.orderId) }, 0, ref.orderId);
    const executions = this.executionsOf(ref, trades.rows);
    if (new Decimal(sum(executions.map(({ quantity }) => quantity))).lt(update.filledQuantity)) {
      this.logger.warn({ ...update }, 'BINANCE does not show all trades of an order yet.');
    }
    return { found: true, update, executions, terms };
  }

  async findClientOrderId(assetId: string, exchangeOrderId: string): Promise<string | undefined> {
    const { symbol } = await this.instruments.get(assetId);
    const reply = await asked(() => this.endpoints.getOrder({ symbol, orderId: exchangeOrderId }));
    if (reply.kind === 'refused' && isNoSuchOrder(reply.refusal)) return undefined;
    return dataOf(`The lookup of BINANCE's order ${exchangeOrderId} on ${assetId}`, reply).clientOrderId;
  }

  async listOpenOrders(tenantId: string, assetId?: string): Promise<OrderUpdate[]> {
    const { ours } = await this.openOrders(tenantId, assetId);
    return ours;
  }

  surveyOpenOrders(tenantId: string): Promise<{ ours: OrderUpdate[]; foreign: ForeignOrder[] }> {
    return this.openOrders(tenantId);
  }

  async listExecutions(
    tenantId: string,
    assetId: string,
    sinceMs: number,
  ): Promise<{ executions: ExecutionUpdate[]; more: boolean }> {
    const { symbol } = await this.instruments.get(assetId);
    const { rows, more } = await this.tradesSince(symbol, sinceMs);
    return { executions: this.executionsOf({ tenantId, orderId: '', assetId }, rows), more };
  }

  async getBalance(asset?: string): Promise<BalanceResponse> {
    const rows = await this.balances('BALANCE_QUERY');
    const wanted = asset === undefined ? rows : rows.filter((row) => row.asset === asset);
    const none = { free: '0', locked: '0', total: '0' };
    const balances = asset !== undefined && wanted.length === 0 ? [{ asset, ...none }] : wanted;
    return { exchangeId: EXCHANGE_ID, balances, timestamp: isoTime(this.clock.now()) };
  }

  async getPositions(): Promise<PositionResponse[]> {
    const timestamp = isoTime(this.clock.now());
    const rows = await this.balances('POSITION_QUERY');
    return rows
      .filter(({ total }) => total !== '0')
      .map(({ asset, total }) => ({ exchangeId: EXCHANGE_ID, asset, quantity: total, timestamp }));
  }

  async getTicker(assetId: string): Promise<Ticker> {
    const { symbol } = await this.instruments.get(assetId);
    const reply = await asked(() => this.endpoints.bookTicker(symbol));
    const { bidPrice, askPrice } = dataOf(`The ticker of ${assetId}`, reply);
    const [bid, ask] = [bidPrice, askPrice].map((price) => formatDecimal(parseDecimal(price)));
    return { assetId, bid: bid ?? '0', ask: ask ?? '0', timestamp: isoTime(this.clock.now()) };
  }

  private async openOrders(
    tenantId: string,
    assetId?: string,
  ): Promise<{ ours: OrderUpdate[]; foreign: ForeignOrder[] }> {
    const params: Params = assetId === undefined ? {} : { symbol: (await this.instruments.get(assetId)).symbol };
    const orders = dataOf('The list of open orders', await asked(() => this.endpoints.openOrders(params)));
    const list = { ours: [] as OrderUpdate[], foreign: [] as ForeignOrder[] };
    for (const order of orders) {
      const { clientOrderId } = order;
      const assetIdOfOrder = (await this.instruments.findSymbol(order.symbol))?.assetId;
      const ours = orderOfClientOrderId(clientOrderId);
      if (ours === undefined) list.foreign.push(foreignOrder(order, assetIdOfOrder ?? order.symbol));
      else if (assetIdOfOrder !== undefined) {
        const identity = { tenantId, orderId: ours.orderId, clientOrderId, assetId: assetIdOfOrder };
        list.ours.push(updateOfQueried(identity, order));
      }
    }
    return list;
  }

  private async balances(operation: 'BALANCE_QUERY' | 'POSITION_QUERY'): Promise<Balance[]> {
    const reply = await asked(() => this.endpoints.account(operation, { omitZeroBalances: 'true' }));
    return dataOf('The balance', reply).balances.map(({ asset, free, locked }) => ({
      asset,
      free: formatDecimal(parseDecimal(free)),
      locked: formatDecimal(parseDecimal(locked)),
      total: sum([free, locked]),
    }));
  }

  private executionsOf(identity: OrderIdentity, trades: readonly OwnTrade[]): ExecutionUpdate[] {
    const receivedAtMs = this.clock.now();
    return trades.map((trade) => executionOfTrade(identity, trade, receivedAtMs));
  }

  /** By time, window after window; after a full page by id, since many trades may bear one millisecond. */
  private async tradesSince(symbol: string, sinceMs: number): Promise<{ rows: OwnTrade[]; more: boolean }> {
    const rows: OwnTrade[] = [];
    for (let window = 0; window < TRADE_WINDOWS_MAX; window += 1) {
      const startMs = sinceMs + window * TRADES_WINDOW_MS;
      const isLast = startMs + TRADES_WINDOW_MS >= this.clock.now();
      const end = isLast ? {} : { endTime: String(startMs + TRADES_WINDOW_MS - 1) };
      const found = await this.trades({ symbol, startTime: String(startMs), ...end });
      rows.push(...found);
      const last = found.at(-1);
      if (last !== undefined && found.length === TRADES_PAGE) {
        const rest = await this.tradesFrom({ symbol }, last.id + 1);
        return { rows: [...rows, ...rest.rows], more: rest.more };
      }
      if (isLast) return { rows, more: false };
    }
    const days = (TRADE_WINDOWS_MAX * TRADES_WINDOW_MS) / 86_400_000;
    const since = isoTime(sinceMs);
    throw new ServiceError('INVALID_INPUT', `Executions on ${symbol} since ${since} lie more than ${days} days back.`);
  }

  private async tradesFrom(
    scope: Params,
    fromId: number,
    orderId?: string,
  ): Promise<{ rows: OwnTrade[]; more: boolean }> {
    const rows: OwnTrade[] = [];
    for (let page = 0; page < TRADE_PAGES_MAX; page += 1) {
      const next = (rows.at(-1)?.id ?? fromId - 1) + 1;
      const found = await this.trades({ ...scope, fromId: String(next) }, orderId);
      rows.push(...found);
      if (found.length < TRADES_PAGE) return { rows, more: false };
    }
    return { rows, more: true };
  }

  private async trades(params: Params, orderId?: string): Promise<OwnTrade[]> {
    const complete = { ...params, limit: String(TRADES_PAGE) };
    return dataOf('The list of trades', await asked(() => this.endpoints.myTrades(complete, orderId)));
  }
}
