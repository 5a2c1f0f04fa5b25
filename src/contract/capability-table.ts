import type { OrderType, TimeInForce } from '../domain/order-request';
import { ORDER_TYPES, TIMES_IN_FORCE } from '../domain/order-request';
import type { OfferedOrders } from '../domain/placement';
import { planPlacement } from '../domain/placement';
import { EXCHANGES } from '../exchanges/registry';
import { withTable } from './generated-table';

/** The text with its table of what each exchange has itself, what the service can do in its place, and what neither does. */
export function withCapabilityTable(text: string): string {
  const rows = Object.entries(EXCHANGES).flatMap(([exchangeId, { capabilities }]) =>
    ORDER_TYPES.map((type) => [
      exchangeId,
      type,
      ...TIMES_IN_FORCE.map((time) => wordFor(capabilities.orders, type, time)),
      type === 'LIMIT' && capabilities.postOnly ? 'native' : '–',
      capabilities.amendment,
      capabilities.deadMansSwitch ? 'native' : '–',
    ]),
  );
  return withTable(text, {
    name: 'capabilities',
    header: ['exchange', 'order type', ...TIMES_IN_FORCE, 'post-only', 'amendment', 'dead man’s switch'],
    rows,
  });
}

/** As the order's own way to the exchange would be planned. */
function wordFor(offered: OfferedOrders, orderType: OrderType, timeInForce: TimeInForce): string {
  const plan = planPlacement({ ...SAMPLE, orderType, timeInForce }, offered, true);
  if ('faults' in plan) return '–';
  return plan.emulated.length === 0 ? 'native' : 'emulated';
}

/** Only type and time in force decide; a GTD order has the rest for it. */
const SAMPLE = {
  orderId: '',
  tenantId: '',
  strategyId: '',
  assetId: 'BTC/USDT',
  side: 'BUY',
  quantity: '1',
  idempotencyKey: '',
  timestamp: '',
} as const;
