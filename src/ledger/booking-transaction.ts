import type { CancellationReason } from '@aws-sdk/client-dynamodb';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { ServiceError } from '../domain/errors';
import { answered } from '../storage/dynamodb/answered';
import { fillItemOf } from '../storage/dynamodb/order-fills';
import { orderUpdate } from '../storage/dynamodb/order-update';
import {
  adjustmentItemOf,
  type BookedAdjustmentItem,
  historyItemOf,
  positionItemOf,
} from '../storage/dynamodb/position-item';
import { HISTORY_SORT_KEY, type TableNames } from '../storage/dynamodb/tables';
import type { BookingPlan } from './booking-plan';

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** DynamoDB takes no more at once. */
const ITEMS_MAX = 100;

/** `outdated`: something was booked or changed since it was read, or another transaction was in the way: read again. */
export type TransactionResult = 'committed' | 'outdated';

/** What the store may answer for an item without the transaction being at fault. */
const REPEATABLE_REASONS: ReadonlySet<string> = new Set([
  'None',
  'ConditionalCheckFailed',
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);

/** Whether a plan can be written at once: two items for each change of the position, one for each order. */
export function isOneTransaction({ fillItems, histories, orders, adjustment }: BookingPlan): boolean {
  return fillItems.length + histories.length + orders.length + (adjustment === undefined ? 1 : 2) <= ITEMS_MAX;
}

/**
 * Writes a plan whole or not at all. The SDK puts a token of its own on each transaction and repeats it under that
 * token, so that a reply that was lost on the way does not look like a conflict.
 * @throws ServiceError DEPENDENCY_UNAVAILABLE
 */
export async function writeBooking(
  client: DynamoDBDocumentClient,
  tables: TableNames,
  plan: BookingPlan,
): Promise<TransactionResult> {
  const command = new TransactWriteCommand({ TransactItems: transactItems(tables, plan) });
  try {
    await answered(`booking ${plan.histories.length} changes of a position`, client.send(command));
    return 'committed';
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    const fault = (error.CancellationReasons ?? []).find(({ Code = 'None' }) => !REPEATABLE_REASONS.has(Code));
    if (fault === undefined) return 'outdated';
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', refusal(plan, fault), [], { cause: error });
  }
}

function transactItems(tables: TableNames, plan: BookingPlan): TransactItem[] {
  return [
    ...plan.fillItems.map((fill) => ({
      Put: { TableName: tables.orders, Item: fillItemOf(fill), ConditionExpression: 'attribute_not_exists(orderId)' },
    })),
    ...plan.histories.map((history) => ({ Put: { TableName: tables.positionHistory, Item: historyItemOf(history) } })),
    ...plan.orders.map(({ before, after }) => ({
      Update: { TableName: tables.orders, ...orderUpdate(before, after) },
    })),
    ...(plan.adjustment === undefined ? [] : [adjustmentPut(tables, plan.adjustment)]),
    {
      Put: {
        TableName: tables.positions,
        Item: positionItemOf(plan.position.after),
        ...isAt(plan.position.before.version),
      },
    },
  ];
}

function adjustmentPut(tables: TableNames, adjustment: BookedAdjustmentItem): TransactItem {
  return {
    Put: {
      TableName: tables.positionHistory,
      Item: adjustmentItemOf(adjustment),
      ConditionExpression: 'attribute_not_exists(#sort)',
      ExpressionAttributeNames: { '#sort': HISTORY_SORT_KEY },
    },
  };
}

function isAt(version: number): { ConditionExpression: string } & Partial<TransactItem['Put']> {
  if (version === 0) return { ConditionExpression: 'attribute_not_exists(tenantId)' };
  return {
    ConditionExpression: '#version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':version': version },
  };
}

function refusal({ position, histories }: BookingPlan, { Code, Message }: CancellationReason): string {
  const { assetId, exchangeId, tenantId } = position.before;
  return `DynamoDB refused ${histories.length} changes of ${tenantId}'s ${assetId} at ${exchangeId} (${Code}: ${Message}).`;
}
