import type { OrderState } from '../../domain/order';
import { orderVersionOf } from '../../domain/order-state';
import type { OrderProjection } from '../order-projection';
import { orderStateOf, storedOrderOf, type StoredOrder } from '../stored-order';
import type { RedisConnection } from './client';
import { type VersionedValue, VersionedValues, type VersionedValuesParts } from './versioned-values';

const KEPT_AFTER_COMPLETION_MS = 24 * 60 * 60 * 1_000;

/** Reads the record, strongly consistent. */
export type ReadOrder = (tenantId: string, orderId: string) => Promise<OrderState | undefined>;

export function orderKey(tenantId: string, orderId: string): string {
  return `order:${tenantId}:${orderId}`;
}

/** Orders in Redis, in the same form as in DynamoDB (stored-order.ts) behind a `version`. */
export class RedisOrderProjection implements OrderProjection {
  private readonly values: VersionedValues;

  constructor(
    redis: RedisConnection,
    private readonly parts: VersionedValuesParts,
    private readonly record: ReadOrder,
  ) {
    this.values = new VersionedValues(redis, parts);
  }

  project(states: readonly OrderState[]): Promise<void> {
    return this.values.write(
      states.map((state) => {
        const { tenantId, orderId } = state.request;
        return {
          key: orderKey(tenantId, orderId),
          ...this.valueOf(state),
          reread: () => this.reread(tenantId, orderId),
        };
      }),
    );
  }

  async read(tenantId: string, orderId: string): Promise<OrderState | undefined> {
    const stored = await this.values.read(orderKey(tenantId, orderId));
    return stored && orderStateOf(stored as StoredOrder);
  }

  private async reread(tenantId: string, orderId: string): Promise<VersionedValue | undefined> {
    const current = await this.record(tenantId, orderId);
    return current && this.valueOf(current);
  }

  private valueOf(state: OrderState): VersionedValue {
    const { completedAt } = state.lifecycle;
    const keptUntilMs = completedAt === undefined ? undefined : Date.parse(completedAt) + KEPT_AFTER_COMPLETION_MS;
    return {
      version: orderVersionOf(state),
      value: storedOrderOf(state),
      ...(keptUntilMs !== undefined && { ttlMs: keptUntilMs - this.parts.clock.now() }),
    };
  }
}
