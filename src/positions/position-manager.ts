import type { DecimalInput, DecimalString } from '../domain/decimal';
import { formatDecimal, parseDecimal, sum } from '../domain/decimal';
import { ServiceError } from '../domain/errors';
import type { ExchangeId } from '../domain/exchange';
import type { ExecutionUpdate } from '../domain/order';
import { currenciesOf } from '../domain/order-request';
import type { Position, PositionHistory, PositionState } from '../domain/position';
import { unrealizedPnLOf, viewPosition } from '../domain/position';
import type { Ledger } from '../ledger/ledger';
import type { Page } from '../storage/orders';
import type { PositionStore } from '../storage/positions';
import { aggregate, type AggregatedPosition, type ValuedPosition } from './aggregation';
import { aggregateBase, type BasePosition, currencyFor } from './base-position';
import { type Conversion, conversionBetween, sameCurrency } from './conversions';
import { type ProfitAndLoss, profitAndLossOf } from './profit-and-loss';
import { Valuation, type ValuationParts } from './valuation';

/** Positions that one answer adds up, in pages of a hundred. */
const PAGES_ADDED_UP_MAX = 20;

export interface PositionManagerParts extends ValuationParts {
  positions: PositionStore;
  ledger: Ledger;
}

/** Which positions a P&L is of. `currentPrice`, in quote, values those on `assetId` instead of the market. */
export interface ProfitAndLossScope {
  assetId?: string;
  exchangeId?: ExchangeId;
  asOf?: string;
  currentPrice?: DecimalInput;
}

/**
 * Positions as clients see them (specification: PositionManager). Reads are strongly consistent unless they say
 * otherwise. `asOf`, an ISO instant, asks for the past: what had been booked by then, without a market valuation, for no
 * prices of the past are kept. All realized P&L is gross of commissions, which stand beside it per asset.
 */
export class PositionManager {
  private readonly valuation: Valuation;

  constructor(private readonly parts: PositionManagerParts) {
    this.valuation = new Valuation(parts);
  }

  async getPosition(
    tenantId: string,
    assetId: string,
    exchangeId: ExchangeId,
    asOf?: string,
  ): Promise<Position | null> {
    const position = await this.parts.positions.get(tenantId, assetId, exchangeId, asOf);
    return position === undefined ? null : await this.shown(position, asOf);
  }

  /** By page: all of a tenant, or those at one exchange, which are read from an index that follows by moments. */
  async listPositions(
    tenantId: string,
    exchangeId?: ExchangeId,
    cursor?: string,
    asOf?: string,
  ): Promise<Page<Position>> {
    const { items, ...rest } = await this.parts.positions.list(tenantId, exchangeId, cursor, asOf);
    return { items: await Promise.all(items.map((position) => this.shown(position, asOf))), ...rest };
  }

  /** All strategies' and exchanges' positions on one instrument, added up. */
  async getAggregatedPosition(tenantId: string, assetId: string, asOf?: string): Promise<AggregatedPosition> {
    const states = await this.parts.positions.listByAsset(tenantId, assetId, asOf);
    return aggregate({ tenantId, assetId }, await this.valued(states, asOf));
  }

  /** The same for each instrument of a tenant, by page. */
  async listAggregatedPositions(tenantId: string, cursor?: string, asOf?: string): Promise<Page<AggregatedPosition>> {
    const { items, ...rest } = await this.parts.positions.listInstruments(tenantId, cursor, asOf);
    const aggregated = items.map(async ({ assetId, positions }) =>
      aggregate({ tenantId, assetId }, await this.valued(positions, asOf)),
    );
    return { items: await Promise.all(aggregated), ...rest };
  }

  /**
   * All that is held of a base currency, across quotes and exchanges, in `currency`; absent, in the positions' quote
   * where they have one only. Of a past time only what needs no conversion is known in money.
   * @throws ServiceError INVALID_INPUT where a currency must be given
   */
  async getBasePosition(
    tenantId: string,
    base: string,
    { currency: asked, asOf }: { currency?: string; asOf?: string } = {},
  ): Promise<BasePosition> {
    const states = await this.parts.positions.listByBase(tenantId, base, asOf);
    const currency = currencyFor(asked, states);
    const positions = await this.valued(states, asOf);
    const converted = positions.map(async (position) => ({
      ...position,
      conversion: await this.conversion(position.state, currency, asOf),
    }));
    return aggregateBase({ tenantId, base, currency }, await Promise.all(converted));
  }

  /**
   * Books the fill, if it is not booked already, and gives the position after it.
   * @throws ServiceError ORDER_NOT_FOUND for a fill of no order of the tenant, and what bookFills throws
   */
  async updatePositionFromFill(fill: ExecutionUpdate): Promise<Position> {
    const [booked] = await this.parts.ledger.bookFills([fill], 'CLIENT');
    const { tenantId, assetId, exchangeId } = fill;
    const position = await this.getPosition(tenantId, assetId, exchangeId);
    if (booked !== undefined && booked.result !== 'UNKNOWN_ORDER' && position !== null) return position;
    const what = `Fill ${fill.executionId} names order ${fill.orderId || fill.exchangeOrderId}, which ${tenantId} does not have.`;
    throw new ServiceError('ORDER_NOT_FOUND', what);
  }

  /**
   * What closing the instrument at every exchange at one price would bring, in quote: Σ (price − average) × quantity.
   * @throws ServiceError INVALID_INPUT for a price that is no decimal
   */
  async calculateUnrealizedPnL(
    tenantId: string,
    assetId: string,
    currentPrice: DecimalInput,
    asOf?: string,
  ): Promise<DecimalString> {
    const price = priceOf(currentPrice);
    const states = await this.parts.positions.listByAsset(tenantId, assetId, asOf);
    return sum(states.map((state) => unrealizedPnLOf(state, price)));
  }

  /**
   * Realized and unrealized P&L of positions, per quote currency.
   * @throws ServiceError INVALID_INPUT, also for a price without an instrument; UNSUPPORTED for too many positions
   */
  async getProfitAndLoss(tenantId: string, scope: ProfitAndLossScope = {}): Promise<ProfitAndLoss> {
    const { asOf, currentPrice } = scope;
    if (currentPrice !== undefined && scope.assetId === undefined) throw priceOfNothing();
    const price = currentPrice === undefined ? undefined : priceOf(currentPrice);
    const states = await this.statesOf(tenantId, scope);
    const positions = states.map((state) =>
      price === undefined ? this.shown(state, asOf) : Promise.resolve(viewPosition(state, price)),
    );
    return profitAndLossOf({ tenantId, ...(asOf !== undefined && { asOf }) }, await Promise.all(positions));
  }

  /** By page, in the order of booking; ISO instants, both inclusive. @throws ServiceError INVALID_INPUT */
  async getPositionHistory(
    tenantId: string,
    assetId: string,
    startTime: string,
    endTime: string,
    cursor?: string,
    exchangeId?: ExchangeId,
  ): Promise<Page<PositionHistory>> {
    const scope = { tenantId, assetId, ...(exchangeId !== undefined && { exchangeId }) };
    return await this.parts.positions.history(scope, { startTime, endTime }, cursor);
  }

  private async statesOf(
    tenantId: string,
    { assetId, exchangeId, asOf }: ProfitAndLossScope,
  ): Promise<PositionState[]> {
    const { positions } = this.parts;
    if (assetId !== undefined) {
      const states = await positions.listByAsset(tenantId, assetId, asOf);
      return states.filter((state) => exchangeId === undefined || state.exchangeId === exchangeId);
    }
    const states: PositionState[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < PAGES_ADDED_UP_MAX; page++) {
      const { items, ...rest } = await positions.list(tenantId, exchangeId, cursor, asOf);
      states.push(...items);
      cursor = rest.cursor;
      if (cursor === undefined) return states;
    }
    const what = `${tenantId} has more than ${states.length} positions: ask for an instrument or an exchange.`;
    throw new ServiceError('UNSUPPORTED', what);
  }

  private valued(states: readonly PositionState[], asOf: string | undefined): Promise<ValuedPosition[]> {
    return Promise.all(states.map(async (state) => ({ state, shown: await this.shown(state, asOf) })));
  }

  private shown(state: PositionState, asOf: string | undefined): Promise<Position> {
    return asOf === undefined ? this.valuation.valued(state) : Promise.resolve(viewPosition(state));
  }

  private async conversion(
    { tenantId, exchangeId, assetId }: PositionState,
    to: string,
    asOf: string | undefined,
  ): Promise<Conversion | undefined> {
    const { quote: from } = currenciesOf(assetId);
    if (from === to) return sameCurrency(to);
    if (asOf !== undefined) return undefined;
    return await conversionBetween(this.valuation, { tenantId, exchangeId }, { from, to });
  }
}

function priceOfNothing(): ServiceError {
  const message = 'is the price of one instrument: name its assetId';
  return new ServiceError('INVALID_INPUT', `currentPrice ${message}.`, [{ field: 'currentPrice', message }]);
}

function priceOf(input: DecimalInput): DecimalString {
  try {
    return formatDecimal(parseDecimal(input));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ServiceError('INVALID_INPUT', `currentPrice: ${message}`, [{ field: 'currentPrice', message }]);
  }
}
