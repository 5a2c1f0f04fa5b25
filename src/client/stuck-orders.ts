import { ORDER_WORKFLOW_TYPE, orderOfWorkflowId, SEARCH_ATTRIBUTES } from '../../workflows/order/contract';
import { ServiceError } from '../domain/errors';
import type { StuckOrder } from '../domain/order';
import { viewStuckOrder } from '../domain/order-view';
import { ORDERS_PAGE_MAX, type Page } from '../storage/orders';
import { allOf } from '../temporal/visibility-query';
import { checkInput, tenantSchema } from './input';
import type { OrderManagerParts } from './order-manager-parts';
import { type CallOptions, callTemporal } from './temporal-call';

export type StuckOrderParts = Pick<OrderManagerParts, 'client' | 'orders' | 'clock'>;

const CURSOR_LENGTH_MAX = 4_096;

/**
 * One page of a tenant's stuck orders: found in Temporal, whose lists are some moments behind, and shown as their records
 * say. One that is stuck no more is left out, so a page may be short while there is a cursor.
 */
export async function stuckOrdersPage(
  parts: StuckOrderParts,
  tenant: string,
  cursor: string | undefined,
  options: CallOptions,
): Promise<Page<StuckOrder>> {
  const { tenantId } = checkInput(tenantSchema, { tenantId: tenant }, 'The list of stuck orders');
  const found = await findStuck(parts, tenantId, cursor, options);
  const records = await Promise.all(found.items.map((orderId) => parts.orders.get(tenantId, orderId)));
  const items = records.flatMap((record) => (record && viewStuckOrder(record.state)) ?? []);
  return { ...found, items };
}

async function findStuck(
  parts: StuckOrderParts,
  tenantId: string,
  cursor: string | undefined,
  options: CallOptions,
): Promise<Page<string>> {
  const { client } = parts;
  const query = allOf([
    { attribute: 'WorkflowType', is: ORDER_WORKFLOW_TYPE },
    { attribute: 'ExecutionStatus', is: 'Running' },
    { attribute: SEARCH_ATTRIBUTES.TenantId.name, is: tenantId },
    { attribute: SEARCH_ATTRIBUTES.StuckSince.name, isSet: true },
  ]);
  const { namespace } = client.options;
  const nextPageToken = cursor === undefined ? Buffer.alloc(0) : tokenOf(cursor);
  const page = await callTemporal(parts, 'listing stuck orders', options, () =>
    client.workflowService.listWorkflowExecutions({ namespace, query, pageSize: ORDERS_PAGE_MAX, nextPageToken }),
  );
  const items = page.executions.flatMap(
    ({ execution }) => orderOfWorkflowId(execution?.workflowId ?? '')?.orderId ?? [],
  );
  return page.nextPageToken.length === 0
    ? { items }
    : { items, cursor: Buffer.from(page.nextPageToken).toString('base64url') };
}

function tokenOf(cursor: string): Buffer {
  const token = Buffer.from(cursor, 'base64url');
  if (cursor.length <= CURSOR_LENGTH_MAX && token.length > 0 && token.toString('base64url') === cursor) return token;
  const message = 'must be the cursor of an earlier page, unchanged';
  throw new ServiceError('INVALID_INPUT', `The cursor ${message}.`, [{ field: 'cursor', message }]);
}
