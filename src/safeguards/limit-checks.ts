import type { Fault } from '../domain/errors';
import { ServiceError } from '../domain/errors';
import type { ExchangeId } from '../domain/exchange';
import type { OrderRequest } from '../domain/order-request';
import type { SafeguardSettings } from '../domain/safeguards';
import type { Quote } from '../marketdata/market-data';
import type { FreeBalances } from './free-balances';
import type { OpenOrders } from './open-orders';
import type { OrderRate } from './order-rate';
import {
  balanceFault,
  collarFaults,
  needsMarket,
  notionalFault,
  openOrdersFault,
  orderRateFault,
  selfTradeFault,
} from './send-limits';

/** An amendment changes an order that is open and has its funds already. */
export type SendKind = 'NEW' | 'AMENDMENT';

export interface LimitChecksParts {
  /** @throws ServiceError PRICE_UNAVAILABLE when no price is fresh enough */
  quote(tenantId: string, exchangeId: ExchangeId, assetId: string): Promise<Quote>;
  rate: OrderRate;
  openOrders: OpenOrders;
  balances: FreeBalances;
}

type PlaceableRequest = OrderRequest & { exchangeId: ExchangeId };

/** The limits that are on, each with what it has to read; those that are off read nothing. */
export class LimitChecks {
  constructor(private readonly parts: LimitChecksParts) {}

  /** All faults. @throws ServiceError when something that a limit needs can't be read */
  async findFaults(request: OrderRequest, settings: SafeguardSettings, kind: SendKind): Promise<Fault[]> {
    const { exchangeId } = request;
    if (exchangeId === undefined) return [];
    const order = { ...request, exchangeId };
    const faults = await Promise.all([
      this.pricesFaults(order, settings, kind),
      this.rateFault(order, settings),
      ...(kind === 'NEW' ? [this.openOrdersFault(order, settings)] : []),
      this.selfTradeFault(order, settings),
    ]);
    return faults.flatMap((found) => found ?? []);
  }

  /** The limits that look at the market, by one and the same price. */
  private async pricesFaults(order: PlaceableRequest, settings: SafeguardSettings, kind: SendKind): Promise<Fault[]> {
    const { maxNotional, priceCollarPercent, checkBalance } = settings;
    const spends = checkBalance === true && kind === 'NEW';
    const wantsMarket =
      priceCollarPercent !== undefined || (needsMarket(order) && (maxNotional !== undefined || spends));
    const [market, free] = await Promise.all([
      wantsMarket ? this.market(order) : undefined,
      spends ? this.parts.balances.freeFor(order) : undefined,
    ]);
    return [
      maxNotional && notionalFault(order, maxNotional, market),
      ...(priceCollarPercent === undefined ? [] : collarFaults(order, priceCollarPercent, market)),
      free && balanceFault(order, free, market),
    ].filter((fault) => fault !== undefined);
  }

  private async rateFault(order: PlaceableRequest, { ordersPerSecond }: SafeguardSettings): Promise<Fault | undefined> {
    if (ordersPerSecond === undefined) return undefined;
    return orderRateFault(ordersPerSecond, await this.parts.rate.count(order, ordersPerSecond));
  }

  private async openOrdersFault(
    order: PlaceableRequest,
    { maxOpenOrders }: SafeguardSettings,
  ): Promise<Fault | undefined> {
    if (maxOpenOrders === undefined) return undefined;
    return openOrdersFault(maxOpenOrders, await this.parts.openOrders.countOthers(order, maxOpenOrders));
  }

  private async selfTradeFault(
    order: PlaceableRequest,
    { preventSelfTrade }: SafeguardSettings,
  ): Promise<Fault | undefined> {
    if (preventSelfTrade !== true) return undefined;
    return selfTradeFault(order, await this.parts.openOrders.opposite(order));
  }

  private async market({ tenantId, exchangeId, assetId }: PlaceableRequest): Promise<Quote | undefined> {
    try {
      return await this.parts.quote(tenantId, exchangeId, assetId);
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'PRICE_UNAVAILABLE') return undefined;
      throw error;
    }
  }
}
