import { Decimal } from '../../src/domain/decimal';
import type { Order } from '../../src/domain/order';
import type { OrderView } from '../../src/simulator/exchange/model';

/** An order as the exchange has it: itself and its replacements, oldest first. */
export type Placements = readonly OrderView[];

type Status = Order['status'];

const OF_EXCHANGE: Record<OrderView['status'], Status> = {
  NEW: 'OPEN',
  PARTIALLY_FILLED: 'PARTIALLY_FILLED',
  FILLED: 'FILLED',
  CANCELED: 'CANCELLED',
  EXPIRED: 'EXPIRED',
  EXPIRED_IN_MATCH: 'EXPIRED',
};
/** What the clocks of the exchange and of the service may differ by. */
const CLOCKS_DIFFER_MS = 1_000;

export function isLive({ status }: OrderView): boolean {
  return status === 'NEW' || status === 'PARTIALLY_FILLED';
}

/** What the record may say of an order that the exchange has. Mostly one status; two where the rule has a margin. */
export function expectedStatuses(order: Order, placements: Placements): Status[] {
  const last = placements.at(-1);
  if (last === undefined) return [];
  const executed = placements.reduce((total, placement) => total.plus(placement.executed), new Decimal(0));
  // Also a cancelled one, whose last fill was reported after its cancel.
  if (executed.gte(last.quantity)) return ['FILLED'];
  if (last.status === 'CANCELED' && order.timeInForce === 'GTD' && last.timeInForce === 'GTC') {
    return ofServiceTimed(order, last);
  }
  const status = OF_EXCHANGE[last.status];
  return status === 'OPEN' && executed.gt(0) ? ['PARTIALLY_FILLED'] : [status];
}

/** The exchange knows no expiry: whether its cancel was one, the time tells. A later fill has moved that time. */
function ofServiceTimed({ expiresAt = '' }: Order, { updatedAtMs, executed }: OrderView): Status[] {
  const expiredMs = Date.parse(expiresAt);
  if (updatedAtMs < expiredMs - CLOCKS_DIFFER_MS) return ['CANCELLED'];
  return updatedAtMs >= expiredMs && executed === '0' ? ['EXPIRED'] : ['EXPIRED', 'CANCELLED'];
}
