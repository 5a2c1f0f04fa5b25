import type { Redis } from 'ioredis';
import type { Alerts } from '../../alerts/alerts';
import type { OrderState } from '../../domain/order';
import { orderVersionOf } from '../../domain/order-state';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { OrderProjection } from '../order-projection';
import { orderStateOf, storedOrderOf, type StoredOrder } from '../stored-order';
import { VersionedValues } from './versioned-values';

const KEPT_AFTER_COMPLETION_MS = 24 * 60 * 60 * 1_000;

export function orderKey(tenantId: string, orderId: string): string {
  return `order:${tenantId}:${orderId}`;
}

/** Orders in Redis, in the same form as in DynamoDB (stored-order.ts) behind a `version`. */
export class RedisOrderProjection implements OrderProjection {
  private readonly values: VersionedValues;

  constructor(
    redis: Redis,
    private readonly clock: Clock,
    logger: Logger,
    alerts: Alerts,
  ) {
    this.values = new VersionedValues(redis, clock, logger, alerts);
  }

  project(states: readonly OrderState[]): Promise<void> {
    return this.values.write(
      states.map((state) => {
        const { tenantId, orderId } = state.request;
        const { completedAt } = state.lifecycle;
        const keptUntilMs = completedAt === undefined ? undefined : Date.parse(completedAt) + KEPT_AFTER_COMPLETION_MS;
        return {
          key: orderKey(tenantId, orderId),
          version: orderVersionOf(state),
          value: storedOrderOf(state),
          ...(keptUntilMs !== undefined && { ttlMs: keptUntilMs - this.clock.now() }),
        };
      }),
    );
  }

  async read(tenantId: string, orderId: string): Promise<OrderState | undefined> {
    const stored = await this.values.read(orderKey(tenantId, orderId));
    return stored && orderStateOf(stored as StoredOrder);
  }
}
