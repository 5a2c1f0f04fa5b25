import { WorkflowNotFoundError } from '@temporalio/common';
import { withinLimit } from '../../src/connections/time-limit';
import type { Clock } from '../../src/platform/clock';
import { executionSignal, orderUpdateSignal, orderWorkflowId } from '../../workflows/order/contract';
import type { SignalOrder, TellOrder } from './connection-deps';

const SIGNAL_TIME_LIMIT_MS = 5_000;
const SIGNAL_TRIES_MAX = 4;
const SIGNAL_RETRY_PAUSE_MS = 500;

/** The part of Temporal's client that signals. */
export interface SignallingClient {
  workflow: {
    getHandle(workflowId: string): { signal(name: string, ...args: unknown[]): Promise<void> };
  };
}

/** Each signal is one call with a time limit. */
export function createSignalOrder({ workflow }: SignallingClient, clock: Clock): SignalOrder {
  return async function signalOrder(workflowId, signal, argument) {
    try {
      const sent = workflow.getHandle(workflowId).signal(signal, argument);
      await withinLimit(clock, SIGNAL_TIME_LIMIT_MS, `Signal ${signal} to ${workflowId}`, sent);
      return 'delivered';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'closed';
      throw error;
    }
  };
}

/** At most one `execution` and one `orderUpdate` signal, in this order. A signal that may have arrived is repeated: orders take duplicates. */
export function createTellOrder(signalOrder: SignalOrder, clock: Clock): TellOrder {
  return async function tellOrder({ tenantId, orderId, executions, update }) {
    const workflowId = orderWorkflowId(tenantId, orderId);
    const signals = [
      { name: executionSignal.name, messages: executions },
      { name: orderUpdateSignal.name, messages: update === undefined ? [] : [update] },
    ];
    for (const { name, messages } of signals) {
      if (messages.length === 0) continue;
      if ((await persistently(() => signalOrder(workflowId, name, messages))) === 'closed') return 'closed';
    }
    return 'told';
  };

  async function persistently<T>(call: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await call();
      } catch (error) {
        if (tries === SIGNAL_TRIES_MAX) throw error;
        await clock.sleep(SIGNAL_RETRY_PAUSE_MS * tries);
      }
    }
  }
}
