import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ExecutionUpdate } from '../../domain/order';
import type { OrderRecord } from '../orders';
import { answered } from './answered';
import { exchangeOrderKey, type OrderKey } from './keys';
import { orderRecordOf } from './order-item';
import { EXCHANGE_ORDER_ID_INDEX, type TableNames } from './tables';

/** One order's record, strongly consistent. */
export async function readOrder(
  { client, tables }: { client: DynamoDBDocumentClient; tables: TableNames },
  { tenantId, orderId }: OrderKey,
): Promise<OrderRecord | undefined> {
  const command = new GetCommand({ TableName: tables.orders, Key: { tenantId, orderId }, ConsistentRead: true });
  const { Item } = await answered(`reading order ${orderId}`, client.send(command));
  return Item && orderRecordOf(Item);
}

/**
 * The orderId behind an exchange's own order id, by exchangeOrderId-index. The index follows the table by moments: an
 * order that was acknowledged just now may not be in it yet.
 */
export async function findOrderId(
  { client, tables }: { client: DynamoDBDocumentClient; tables: TableNames },
  ref: Pick<ExecutionUpdate, 'tenantId' | 'exchangeId' | 'assetId' | 'exchangeOrderId'>,
): Promise<string | undefined> {
  const command = new QueryCommand({
    TableName: tables.orders,
    IndexName: EXCHANGE_ORDER_ID_INDEX,
    KeyConditionExpression: 'exchangeOrderKey = :key',
    ExpressionAttributeValues: {
      ':key': exchangeOrderKey(ref.tenantId, ref.exchangeId, ref.assetId, ref.exchangeOrderId),
    },
    Limit: 1,
  });
  const { Items = [] } = await answered(
    `looking up ${ref.exchangeId} order ${ref.exchangeOrderId}`,
    client.send(command),
  );
  return Items[0]?.['orderId'] as string | undefined;
}
