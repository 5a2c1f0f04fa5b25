import { type ModifyRequest, modifyUpdate } from '../../workflows/order/contract';
import { contractSchemas } from '../domain/contract-schemas';
import type { OrderResponse } from '../domain/order';
import { askLiveOrder, type OrderRef } from './ask-order';
import { checkInput, orderRefSchema } from './input';
import type { OrderManagerParts } from './order-manager-parts';
import type { CallOptions } from './temporal-call';

/** Asks the order's workflow for a change and waits for the exchange's word. */
export async function modifyOrder(
  parts: OrderManagerParts,
  ref: OrderRef,
  request: ModifyRequest,
  options: CallOptions,
): Promise<OrderResponse> {
  const checkedRef = checkInput(orderRefSchema, ref, 'The order to modify');
  const checked = checkInput(contractSchemas().modifyRequestSchema, request, 'The modification');
  return await askLiveOrder(parts, checkedRef, modifyUpdate, checked, options);
}
