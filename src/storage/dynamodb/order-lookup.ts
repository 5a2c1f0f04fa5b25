import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ExecutionUpdate } from '../../domain/order';
import { answered } from './answered';
import { exchangeOrderKey } from './keys';
import { EXCHANGE_ORDER_ID_INDEX, type TableNames } from './tables';

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
