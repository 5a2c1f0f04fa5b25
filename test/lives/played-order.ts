import type { Client, WorkflowHandle } from '@temporalio/client';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { orderIdOf } from '../../src/domain/ids';
import type { ExecutionUpdate, Order, OrderResponse } from '../../src/domain/order';
import type { OrderRequestInput } from '../../src/domain/order-request';
import {
  ORDER_WORKFLOW_TYPE,
  ORDERS_TASK_QUEUE,
  orderSearchAttributes,
  orderWorkflowId,
  submitUpdate,
  submitUpdateId,
} from '../../workflows/order/contract';
import { eventually } from '../stack/eventually';
import type { Script } from './script';
import type { ScriptedDesk } from './scripted-desk';
import type { ScriptedOrder } from './scripted-order';

/** A LIMIT order that rests, of the day of its submission. */
export function anOrder(idempotencyKey: string, changes: Partial<OrderRequestInput> = {}): OrderRequestInput {
  return {
    tenantId: 'lives',
    strategyId: 'trend',
    assetId: 'BTC/USDT',
    side: 'BUY',
    orderType: 'LIMIT',
    quantity: '1',
    price: '20000',
    timeInForce: 'GTC',
    exchangeId: 'BINANCE',
    idempotencyKey,
    timestamp: '2026-01-31T12:00:00Z',
    ...changes,
  };
}

/** Far beyond the events after which tests' servers ask for a new run. */
const SIGNALS_MAX = 300;

/** An order as the Risk Engine, a person and the connection meet it. */
export class PlayedOrder {
  readonly orderId: string;
  readonly handle: WorkflowHandle<() => Promise<Order>>;

  constructor(
    private readonly client: Client,
    private readonly desk: ScriptedDesk,
    readonly input: OrderRequestInput,
  ) {
    this.orderId = orderIdOf(input.tenantId, input.idempotencyKey);
    this.handle = client.workflow.getHandle(orderWorkflowId(input.tenantId, this.orderId));
  }

  /** What the exchange and the ledger have of it; known from its submission on. */
  get record(): ScriptedOrder {
    return this.desk.orderOf({ orderId: this.orderId });
  }

  /** Without waiting for its answer. */
  async start(): Promise<void> {
    const { workflowId } = this.handle;
    const typedSearchAttributes = orderSearchAttributes(this.input, 'PENDING');
    await this.client.workflow.start(ORDER_WORKFLOW_TYPE, {
      workflowId,
      taskQueue: ORDERS_TASK_QUEUE,
      args: [this.input],
      typedSearchAttributes,
    });
  }

  async submit(): Promise<OrderResponse> {
    const startWorkflowOperation = new WithStartWorkflowOperation(ORDER_WORKFLOW_TYPE, {
      workflowId: this.handle.workflowId,
      taskQueue: ORDERS_TASK_QUEUE,
      args: [this.input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      typedSearchAttributes: orderSearchAttributes(this.input, 'PENDING'),
    });
    const updateId = submitUpdateId(this.input);
    return await this.client.workflow.executeUpdateWithStart(submitUpdate, {
      updateId,
      args: [this.input],
      startWorkflowOperation,
    });
  }

  /** Its workflow exists, and has taken the first step. */
  async started(): Promise<void> {
    await eventually(async () => void (await this.state()));
  }

  async hear(executions: ExecutionUpdate[]): Promise<void> {
    await this.handle.signal('execution', executions);
  }

  /** Is told of fills until Temporal's wish for a new run is fulfilled. */
  async hearUntilRenewed(): Promise<void> {
    const runId = await this.runId();
    for (let signals = 0; (await this.runId()) === runId; signals++) {
      expectThat(signals < SIGNALS_MAX, 'the order does not go on in a new run');
      await this.hear(this.record.fill(1, '0.001'));
    }
  }

  async ask<Answer>(update: string, argument: object): Promise<Answer> {
    return await this.handle.executeUpdate<Answer, [object]>(update, { args: [argument] });
  }

  async state(): Promise<Order> {
    return await this.handle.query<Order>('state');
  }

  async stuck(): Promise<void> {
    await eventually(async () => expectThat((await this.state()).stuckSince !== undefined, 'it is not stuck'));
  }

  /** The activity was called for it. */
  async called(activity: keyof Script): Promise<void> {
    await eventually(() =>
      Promise.resolve(expectThat(this.desk.callsOf(this, activity) > 0, `nobody has called ${activity}`)),
    );
  }

  /** The id of the run that is the order's now. */
  async runId(): Promise<string> {
    return (await this.handle.describe()).runId;
  }
}

export function expectThat(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}
