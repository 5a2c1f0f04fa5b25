import {
  allHandlersFinished,
  CancellationScope,
  condition,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { CancelResponse, Order } from '../../src/domain/order';
import type { OrderRequestInput } from '../../src/domain/order-request';
import { refusalResponse } from '../../src/domain/refusal';
import { cancelSignal, cancelUpdate, SEARCH_ATTRIBUTES, stateQuery, submitUpdate } from './contract';
import { describeRefused } from './current-details';
import { follow } from './follow';
import { answerMessages } from './handlers';
import type { RefusedInput, RefusedOrder } from './intake';
import { orderIdOfWorkflow, readInput, viewRefused } from './intake';
import type { CarriedOrder } from './order-life';
import { now, OrderLife } from './order-life';
import { place } from './place';

/**
 * One order, from the first send to the last booked fill. `input` is the contract's OrderRequest; `carried` is set by
 * continue-as-new only. Ends with the Order; a refused order is a result too, never a failed workflow.
 */
export async function order(input: OrderRequestInput, carried?: CarriedOrder): Promise<Order | RefusedOrder> {
  const { workflowId } = workflowInfo();
  // What a run before this one has accepted is not checked anew: rules may have become stricter since.
  const intake = carried === undefined ? readInput(input, workflowId, now()) : { request: carried.state.request };
  if (intake.refused !== undefined) return await endRefused(intake.refused);
  const life = new OrderLife(intake.request, now(), carried);
  answerMessages(life);
  cancelInsteadOfAborting(life);
  return await CancellationScope.nonCancellable(async () => {
    await place(life);
    await follow(life);
    life.close();
    await condition(allHandlersFinished);
    return life.view();
  });
}

/** An input that no order can be made of: whoever asks gets all its faults, and nothing else happens. */
async function endRefused(refused: RefusedInput): Promise<RefusedOrder> {
  const view = viewRefused(refused);
  const orderId = orderIdOfWorkflow(refused.workflowId);
  setHandler(stateQuery, () => view as unknown as Order, { description: 'The order' });
  setHandler(submitUpdate, () => refusalResponse(orderId, refused.error, refused.at));
  setHandler(
    cancelUpdate,
    () => ({ schemaVersion: 1, orderId, status: 'FAILED', reason: refused.error.message }) satisfies CancelResponse,
  );
  setHandler(cancelSignal, () => {});
  setCurrentDetails(describeRefused(view));
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.OrderStatus, value: 'REJECTED' }]);
  await condition(allHandlersFinished);
  return view;
}

/** Temporal's own cancel (the UI's button, the CLI) would end this workflow and leave the order live: it means cancel at the exchange. */
function cancelInsteadOfAborting(life: OrderLife): void {
  CancellationScope.current().cancelRequested.catch(() => {
    life.requestCancel({ requestedBy: 'temporal', reason: 'Cancellation of the workflow was requested' });
  });
}
