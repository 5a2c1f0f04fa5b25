import type { OrderRequestInput } from '../../src/domain/order-request';
import { systemRandom } from '../../src/platform/random';

/** What an order differs in; undefined leaves a field out. */
export type OrderFields = { [Field in keyof OrderRequestInput]?: OrderRequestInput[Field] | undefined };

/** A valid order: a BUY LIMIT of 0.01 BTC that rests at 50000, under a key of its own. `fields` override. */
export function restingOrder(tenantId: string, fields: OrderFields = {}): OrderRequestInput {
  const order = {
    tenantId,
    strategyId: 'trend',
    assetId: 'BTC/USDT',
    side: 'BUY',
    orderType: 'LIMIT',
    quantity: '0.01',
    price: '50000',
    timeInForce: 'GTC',
    exchangeId: 'BINANCE',
    idempotencyKey: systemRandom.uuid(),
    timestamp: new Date().toISOString(),
    ...fields,
  };
  return Object.fromEntries(
    Object.entries(order).filter(([, value]) => value !== undefined),
  ) as object as OrderRequestInput;
}
