import { BatchWriteCommand, type NativeAttributeValue } from '@aws-sdk/lib-dynamodb';
import type { OrderState } from '../../src/domain/order';
import { orderItemOf } from '../../src/storage/dynamodb/order-item';
import type { Stores } from './stores';

const WRITERS = 8;
const ITEMS_PER_WRITE = 25;

/** Writes many orders as they are, beside the order store: `stateOf(0)` up to `stateOf(count - 1)`. */
export async function loadOrders(
  { client, tables }: Pick<Stores, 'client' | 'tables'>,
  count: number,
  stateOf: (order: number) => OrderState,
): Promise<void> {
  let next = 0;
  const write = async (): Promise<void> => {
    while (next < count) {
      const first = next;
      next = Math.min(first + ITEMS_PER_WRITE, count);
      let open: { PutRequest: { Item: Record<string, NativeAttributeValue> } }[] = [];
      for (let order = first; order < next; order++) {
        open.push({ PutRequest: { Item: orderItemOf({ state: stateOf(order) }) } });
      }
      while (open.length > 0) {
        const reply = await client.send(new BatchWriteCommand({ RequestItems: { [tables.orders]: open } }));
        open = (reply.UnprocessedItems?.[tables.orders] ?? []) as typeof open;
      }
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
}
