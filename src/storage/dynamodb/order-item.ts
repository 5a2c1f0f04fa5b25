import type { OrderState } from '../../domain/order';
import type { Intent, OrderRecord } from '../orders';
import { orderStateOf, storedOrderOf, type StoredOrder } from '../stored-order';
import { type Attributes, ItemForm } from './item-form';
import { createdSortKey, exchangeOrderKey, statusKey, strategyKey } from './keys';
import { CREATED_SORT_KEY } from './tables';

export const ORDER_FORM = new ItemForm();

/**
 * The order's item. The caller's metadata is one JSON text: it may nest deeper and count further than DynamoDB's own
 * types do, and has to come back as it was.
 */
export function orderItemOf({ state, intent }: OrderRecord): Attributes {
  const { metadata, ...order } = storedOrderOf(state);
  return {
    itemVersion: ORDER_FORM.version,
    ...order,
    ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
    ...indexKeysOf(state, order),
    ...(intent !== undefined && { intent }),
  };
}

/** The inverse of orderItemOf. */
export function orderRecordOf(item: Attributes): OrderRecord {
  const { metadata, intent, ...order } = ORDER_FORM.upgraded(item);
  const stored = { ...order, ...(typeof metadata === 'string' && { metadata: JSON.parse(metadata) as unknown }) };
  return {
    state: orderStateOf(stored as unknown as StoredOrder),
    ...(intent !== undefined && { intent: intent as Intent }),
  };
}

/** What turns the item of one state into that of the next: attributes that changed, and those that are gone. */
export function orderChanges(before: OrderState, after: OrderState): { set: Attributes; remove: string[] } {
  const [old, fresh] = [orderItemOf({ state: before }), orderItemOf({ state: after })];
  const set = Object.fromEntries(Object.entries(fresh).filter(([name, value]) => old[name] !== value));
  return { set, remove: Object.keys(old).filter((name) => !(name in fresh)) };
}

function indexKeysOf({ request, lifecycle }: OrderState, { status }: Pick<StoredOrder, 'status'>): Attributes {
  const { tenantId, orderId, strategyId, exchangeId, assetId } = request;
  const { exchangeOrderId } = lifecycle;
  return {
    strategyKey: strategyKey(tenantId, strategyId),
    statusKey: statusKey(tenantId, status),
    [CREATED_SORT_KEY]: createdSortKey(lifecycle.createdAt, orderId),
    ...(exchangeId !== undefined &&
      exchangeOrderId !== undefined && {
        exchangeOrderKey: exchangeOrderKey(tenantId, exchangeId, assetId, exchangeOrderId),
      }),
  };
}
