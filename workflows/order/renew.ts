import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { OrderRequest } from '../../src/domain/order-request';
import type { CarriedOrder, OrderLife } from './order-life';

type Order = (request: OrderRequest, carried: CarriedOrder) => Promise<unknown>;

/** Temporal asks for a new run before the history of this one gets too long. */
export function isRenewalAsked(): boolean {
  return workflowInfo().continueAsNewSuggested;
}

/**
 * Goes on in a new run, if that is asked for, with all that the order knows and all that it was asked to do. Whoever
 * waits for an answer that is not there yet is told to ask again: Temporal would only say that the run is over.
 */
export async function renewIfAsked(life: OrderLife): Promise<void> {
  if (!isRenewalAsked()) return;
  life.renewing = true;
  await condition(allHandlersFinished);
  await continueAsNew<Order>(life.request, life.carry());
}
