import type { OrderPlace } from '../../activities/order-activities';
import type { ExchangeId } from '../../src/domain/exchange';
import { exchangeActivities } from './activity-options';
import { cancelsAgain, doubt, endDoubt } from './doubt';
import type { OrderLife } from './order-life';

/** Asks the exchange how the order stands. */
export async function lookUp(life: OrderLife): Promise<void> {
  life.lookupWanted = false;
  life.outdated = false;
  life.lookups += 1;
  const result = await exchangeActivities(exchangeOf(life)).syncOrder(placeOf(life));
  if (result.result !== 'unanswered') life.adopt(result.facts);
  if (result.result === 'unanswered') await doubt(life, result.error.message);
  else if (result.result === 'absent' && !life.settled)
    await doubt(life, `${exchangeOf(life)} does not know the order.`);
  else if (life.shortOfFills) await doubt(life, 'The exchange counts fills that it does not show.');
  else if (!cancelsAgain(life)) await endDoubt(life);
}

export function placeOf({ request, generation, exchangeOrderId }: OrderLife): OrderPlace {
  return { request, generation, ...(exchangeOrderId !== undefined && { exchangeOrderId }) };
}

export function exchangeOf({ request }: OrderLife): ExchangeId {
  if (request.exchangeId === undefined) throw new TypeError(`Order ${request.orderId} names no exchange.`);
  return request.exchangeId;
}
