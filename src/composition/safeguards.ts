import type { RedisConnection } from '../storage/redis/client';
import type { Clock } from '../platform/clock';
import type { Accounts } from '../safeguards/free-balances';
import { FreeBalances } from '../safeguards/free-balances';
import { LimitChecks } from '../safeguards/limit-checks';
import { OpenOrders } from '../safeguards/open-orders';
import { OrderRate } from '../safeguards/order-rate';
import { Safeguards } from '../safeguards/safeguards';
import { SafeguardsReader } from '../safeguards/safeguards-reader';
import type { OrderStore } from '../storage/orders';
import type { SafeguardsStore } from '../storage/safeguards';
import type { TenantPrices } from './tenant-prices';

export interface SafeguardsSurroundings {
  store: SafeguardsStore;
  orders: OrderStore;
  exchanges: Accounts;
  prices: TenantPrices;
  redis: RedisConnection;
  clock: Clock;
}

/** The safeguards with everything that a limit may have to read. */
export function createSafeguards({
  store,
  orders,
  exchanges,
  prices,
  redis,
  clock,
}: SafeguardsSurroundings): Safeguards {
  const limits = new LimitChecks({
    quote: (tenantId, exchangeId, assetId) => prices.marketData(tenantId).quote(exchangeId, assetId),
    rate: new OrderRate(redis),
    openOrders: new OpenOrders(orders),
    balances: new FreeBalances(exchanges, clock),
  });
  return new Safeguards({ reader: new SafeguardsReader(store, clock), limits, clock });
}
