import type { DecimalInput, DecimalString } from '../domain/decimal';
import { Decimal, formatDecimal, parseDecimal, sum } from '../domain/decimal';
import { ServiceError } from '../domain/errors';
import type { ExchangeId } from '../domain/exchange';
import type { ExecutionUpdate } from '../domain/order';
import type { Position, PositionHistory, PositionState } from '../domain/position';
import { averageEntryPriceOf, unrealizedPnLOf, viewPosition } from '../domain/position';
import type { Ledger } from '../ledger/ledger';
import type { Page } from '../storage/orders';
import type { PositionStore } from '../storage/positions';

/** One instrument across exchanges (specification). Quantities in base, prices and P&L in quote. */
export interface AggregatedPosition {
  tenantId: string;
  assetId: string;
  totalQuantity: DecimalString;
  /** Σ cost ÷ Σ quantity; "0" where long and short positions add up to nothing. */
  weightedAveragePrice: DecimalString;
  /** Absent while one of the positions has no market price. */
  unrealizedPnL?: DecimalString;
  realizedPnL: DecimalString;
  positionsByExchange: ExchangePosition[];
  /** Of the position that changed last; absent when there is none. */
  updatedAt?: string;
}

export interface ExchangePosition {
  exchangeId: ExchangeId;
  quantity: DecimalString;
  averageEntryPrice: DecimalString;
  unrealizedPnL?: DecimalString;
}

/** The market price of an instrument where the tenant trades it, in quote; undefined while none is fresh enough. */
export type PriceSource = (
  place: Pick<PositionState, 'tenantId' | 'exchangeId' | 'assetId'>,
) => Promise<DecimalString | undefined>;

export interface PositionManagerParts {
  positions: PositionStore;
  ledger: Ledger;
  price: PriceSource;
}

/** Positions as clients see them (specification: PositionManager). Reads are strongly consistent unless they say otherwise. */
export class PositionManager {
  constructor(private readonly parts: PositionManagerParts) {}

  async getPosition(tenantId: string, assetId: string, exchangeId: ExchangeId): Promise<Position | null> {
    const position = await this.parts.positions.get(tenantId, assetId, exchangeId);
    return position === undefined ? null : await this.valued(position);
  }

  /** By page: all of a tenant, or those at one exchange, which are read from an index that follows by moments. */
  async listPositions(tenantId: string, exchangeId?: ExchangeId, cursor?: string): Promise<Page<Position>> {
    const { items, ...rest } = await this.parts.positions.list(tenantId, exchangeId, cursor);
    return { items: await Promise.all(items.map((position) => this.valued(position))), ...rest };
  }

  async getAggregatedPosition(tenantId: string, assetId: string): Promise<AggregatedPosition> {
    const states = await this.parts.positions.listByAsset(tenantId, assetId);
    const positions = await Promise.all(states.map((position) => this.valued(position)));
    const totals = { quantity: sum(states.map(({ quantity }) => quantity)), cost: sum(states.map(({ cost }) => cost)) };
    const unrealized = positions.flatMap((position) => unrealizedOf(position) ?? []);
    const [updatedAt] = states
      .map((state) => state.updatedAt)
      .sort()
      .reverse();
    return {
      tenantId,
      assetId,
      totalQuantity: totals.quantity,
      weightedAveragePrice: averageEntryPriceOf(totals),
      ...(unrealized.length === positions.length && { unrealizedPnL: sum(unrealized) }),
      realizedPnL: sum(states.map(({ realizedPnL }) => realizedPnL)),
      positionsByExchange: positions.map(byExchange),
      ...(updatedAt !== undefined && { updatedAt }),
    };
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
   * What closing the instrument at every exchange at one price would bring, in quote.
   * @throws ServiceError INVALID_INPUT for a price that is no decimal
   */
  async calculateUnrealizedPnL(tenantId: string, assetId: string, currentPrice: DecimalInput): Promise<DecimalString> {
    const price = formatDecimal(priceOf(currentPrice));
    const states = await this.parts.positions.listByAsset(tenantId, assetId);
    return sum(states.map((state) => unrealizedPnLOf(state, price)));
  }

  /** By page, oldest first; ISO instants, both inclusive. @throws ServiceError INVALID_INPUT */
  async getPositionHistory(
    tenantId: string,
    assetId: string,
    startTime: string,
    endTime: string,
    cursor?: string,
  ): Promise<Page<PositionHistory>> {
    return await this.parts.positions.history({ tenantId, assetId }, { startTime, endTime }, cursor);
  }

  private async valued(position: PositionState): Promise<Position> {
    return viewPosition(position, await this.parts.price(position));
  }
}

function byExchange(position: Position): ExchangePosition {
  const { exchangeId, quantity, averageEntryPrice } = position;
  const unrealizedPnL = unrealizedOf(position);
  return { exchangeId, quantity, averageEntryPrice, ...(unrealizedPnL !== undefined && { unrealizedPnL }) };
}

/** What is closed has no unrealized P&L, with or without a price. */
function unrealizedOf({ quantity, unrealizedPnL }: Position): DecimalString | undefined {
  return unrealizedPnL ?? (new Decimal(quantity).isZero() ? '0' : undefined);
}

function priceOf(input: DecimalInput): Decimal {
  try {
    return parseDecimal(input);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ServiceError('INVALID_INPUT', `currentPrice: ${message}`, [{ field: 'currentPrice', message }]);
  }
}
