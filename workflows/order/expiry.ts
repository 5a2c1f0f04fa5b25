import { sleep } from '@temporalio/workflow';
import type { OrderLife } from './order-life';

const started = new WeakSet<OrderLife>();

/** Notes when the order's time is up, for orders that the service itself has to end then. One timer an order and run. */
export function startExpiry(life: OrderLife): void {
  const { expiryMs } = life;
  if (expiryMs === undefined || started.has(life)) return;
  started.add(life);
  void sleep(Math.max(expiryMs - Date.now(), 1)).then(() => {
    life.isExpired = true;
  });
}
