import type { OrderFacts } from '../../activities/order-activities';
import { formatDecimal, parseDecimal } from '../../src/domain/decimal';
import type { ExecutionUpdate, LedgerSums, OrderState } from '../../src/domain/order';
import type { LifecycleChange } from '../../src/domain/order-lifecycle';
import { advance, withLedger } from '../../src/domain/order-lifecycle';
import type { OrderRequest } from '../../src/domain/order-request';
import { addFills, newOrderState, termsOf } from '../../src/domain/order-state';
import type { ExecutionMessage } from '../../workflows/order/contract';

/** An order's record in memory, kept by the same rules as the stored one. */
export class ScriptedOrder {
  private state: OrderState;
  private executions = 0;

  constructor(readonly request: OrderRequest) {
    this.state = newOrderState(request, now());
  }

  get facts(): OrderFacts {
    const { lifecycle, ledger } = this.state;
    return { lifecycle, ledger };
  }

  get whole(): OrderState {
    return this.state;
  }

  change(change: LifecycleChange): OrderFacts {
    this.state = advance(this.state, change, now());
    return this.facts;
  }

  book(executions: readonly ExecutionUpdate[]): LedgerSums {
    this.state = withLedger(this.state, addFills(this.state.ledger, executions), now());
    return this.state.ledger;
  }

  /** Executions of the order that nobody has booked. */
  execute(count: number, quantity: string): ExecutionUpdate[] {
    const { orderId, tenantId, assetId, side, price = '20000' } = this.request;
    return Array.from({ length: count }, () => ({
      executionId: String(++this.executions),
      orderId,
      tenantId,
      exchangeOrderId: '42',
      exchangeId: 'BINANCE' as const,
      assetId,
      side,
      quantity,
      price,
      commission: '0.00001',
      commissionAsset: 'BNB',
      timestamp: now(),
      receivedAt: now(),
    }));
  }

  /** Books executions and gives what the connection tells the order of them. */
  fill(count: number, quantity: string): ExecutionMessage[] {
    const executions = this.execute(count, quantity);
    const { recentFills: _, ...ledger } = this.book(executions);
    return executions.map((execution) => ({ ...execution, ledger }));
  }

  /** Books all that is not filled yet, as one execution. */
  fillRest(): ExecutionMessage[] {
    const { quantity } = termsOf(this.state);
    return this.fill(1, formatDecimal(parseDecimal(quantity).minus(this.state.ledger.filledQuantity)));
  }
}

export function now(): string {
  return new Date().toISOString();
}
