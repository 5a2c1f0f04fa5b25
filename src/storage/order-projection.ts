import type { OrderState } from '../domain/order';

/**
 * Hot order state in Redis (`order:{tenantId}:{orderId}`, the Order as JSON, kept 24 h after completion).
 * A projection: losing it loses nothing, failing to write it never fails an order, an older state never replaces a newer.
 */
export interface OrderProjection {
  project(states: readonly OrderState[]): Promise<void>;
  read(tenantId: string, orderId: string): Promise<OrderState | undefined>;
}
