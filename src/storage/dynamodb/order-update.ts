import type { UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import type { OrderState } from '../../domain/order';
import { orderChanges } from './order-item';

/** An Update without its table: also the body of a transaction's Update. */
export type OrderUpdateInput = Pick<UpdateCommandInput, 'Key'> & {
  UpdateExpression: string;
  ConditionExpression: string;
  ExpressionAttributeNames: Record<string, string>;
  ExpressionAttributeValues: Record<string, unknown>;
};

/**
 * The write that takes an order from one state to the next, and only from that one: both writers' versions must be as
 * they were read. Attributes that did not change, and the intent unless it is to go, are left alone.
 */
export function orderUpdate(before: OrderState, after: OrderState, clearIntent = false): OrderUpdateInput {
  const { set, remove } = orderChanges(before, after);
  const gone = clearIntent ? [...remove, 'intent'] : remove;
  const names: Record<string, string> = { '#lifecycleVersion': 'lifecycleVersion', '#ledgerVersion': 'ledgerVersion' };
  const values: Record<string, unknown> = {
    ':lifecycleVersion': before.lifecycle.version,
    ':ledgerVersion': before.ledger.version,
  };
  const assignments = Object.entries(set).map(([name, value], position) => {
    names[`#s${position}`] = name;
    values[`:s${position}`] = value;
    return `#s${position} = :s${position}`;
  });
  const removals = gone.map((name, position) => {
    names[`#r${position}`] = name;
    return `#r${position}`;
  });
  const { tenantId, orderId } = before.request;
  return {
    Key: { tenantId, orderId },
    UpdateExpression: [clause('SET', assignments), clause('REMOVE', removals)].join(' ').trim(),
    ConditionExpression: '#lifecycleVersion = :lifecycleVersion AND #ledgerVersion = :ledgerVersion',
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  };
}

function clause(verb: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `${verb} ${parts.join(', ')}`;
}
