import type { ExchangeId } from '../src/domain/exchange';

/**
 * Task queues. Each exchange has its own, so that one that hangs holds up nobody else; cancels have their own beside
 * it, so that they never wait behind submissions. See README.md.
 */

/** submitOrder, modifyOrder and syncOrder. */
export function exchangeTaskQueue(exchangeId: ExchangeId): string {
  return `exchange-${exchangeId}`;
}

/** cancelOrder. */
export function cancelTaskQueue(exchangeId: ExchangeId): string {
  return `cancel-${exchangeId}`;
}

/** awaitTrigger: hundreds of orders that wait for the market must not take the place of those that are sent. */
export function triggerTaskQueue(exchangeId: ExchangeId): string {
  return `triggers-${exchangeId}`;
}

/** bookExecutions, recordRefusal, recordStep: what needs our records and no exchange. */
export const LEDGER_TASK_QUEUE = 'ledger';

/** surveyAccount and what follows from it: minutes of queries must not take the place of orders. */
export function reconciliationTaskQueue(exchangeId: ExchangeId): string {
  return `reconciliation-${exchangeId}`;
}

/** holdConnection. */
export const CONNECTIONS_TASK_QUEUE = 'connections';

/** holdFeed. */
export const FEED_TASK_QUEUE = 'feed';
