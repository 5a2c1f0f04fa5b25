import { Decimal } from './decimal';
import type { ExecutionUpdate } from './order';

/**
 * What an execution moved in quote: as its exchange says, else price × quantity. An exchange cuts it to the digits of
 * its balances, so the product alone may be off by less than the last of them. Signed like the quantity.
 */
export function quoteAmountOf({
  quantity,
  price,
  quoteQuantity,
}: Pick<ExecutionUpdate, 'quantity' | 'price' | 'quoteQuantity'>): Decimal {
  return quoteQuantity === undefined ? new Decimal(quantity).times(price) : new Decimal(quoteQuantity);
}
