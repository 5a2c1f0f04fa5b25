import { orderIdOf } from '../../src/domain/ids';
import { RESOLUTION_ACTIONS, type ResolutionAction } from '../../src/domain/order';
import type { FaultEffect } from '../../src/simulator/faults';
import { orderUpdateSignal, orderWorkflowId } from '../../workflows/order/contract';
import type { TestAccount } from '../stack/account';
import type { TestService } from '../stack/service';
import fc from 'fast-check';
import { multipleOf } from './generators';
import { restingOrder } from '../stack/resting-order';

/** How an order comes into doubt; `answered` does not, since the exchange answers for it in time. */
export const DOUBTS = ['unanswered', 'unsent', 'forgotten', 'unheard', 'uncancelled', 'answered'] as const;
export type Doubt = (typeof DOUBTS)[number];

/** An order that comes into doubt, and what a person decides about it. */
export interface DoubtfulOrder {
  doubt: Doubt;
  /** The exchange answers for it again when the person decides. */
  answersAgain: boolean;
  action: ResolutionAction;
  /** With MARK_FILLED. */
  reportsFills: boolean;
  quantity: string;
  key: string;
}

export const doubtfulOrder = (): fc.Arbitrary<DoubtfulOrder> =>
  fc
    .record({
      doubt: fc.constantFrom(...DOUBTS),
      answersAgain: fc.boolean(),
      action: fc.constantFrom(...RESOLUTION_ACTIONS),
      reportsFills: fc.boolean(),
      quantity: multipleOf('0.00001', { min: '0.001', max: '0.1' }),
      key: fc.uuid(),
    })
    // What was never sent the exchange has nothing to say of.
    .map((order) => ({ ...order, answersAgain: order.answersAgain && order.doubt !== 'unsent' }));

const PLACE = 'POST /api/v3/order';
const CANCEL = 'DELETE /api/v3/order';
const LOOK_UP = 'GET /api/v3/order';
const LIST = 'GET /api/v3/openOrders';
const SUBSCRIBE = 'WS userDataStream.subscribe.signature';
const DOWN: FaultEffect = { kind: 'status-before', status: 503 };
const NO_SUCH_ORDER: FaultEffect = { kind: 'status-before', status: 400, code: -2013, msg: 'Order does not exist.' };
const PATIENT = { timeoutMs: 120_000 };

/** Orders of one account that come into doubt in the same way. */
export class DoubtfulAccount {
  private readonly rules: number[] = [];

  constructor(
    private readonly service: TestService,
    readonly account: TestAccount,
    readonly orders: readonly DoubtfulOrder[],
  ) {}

  private get apiKey(): string {
    return `key-${this.account.tenantId}`;
  }

  orderId({ key }: DoubtfulOrder): string {
    return orderIdOf(this.account.tenantId, key);
  }

  async bringIntoDoubt(doubt: Doubt): Promise<void> {
    switch (doubt) {
      case 'unanswered':
        await this.harm([PLACE, { kind: 'lose-reply' }], [LOOK_UP, DOWN]);
        return this.submitUnanswered();
      case 'unsent':
        await this.harm([PLACE, DOWN], [LOOK_UP, DOWN]);
        return this.submitUnanswered();
      case 'forgotten':
        await this.each((order) => this.submit(order));
        await this.harm([LOOK_UP, NO_SUCH_ORDER]);
        return await this.each((order) => this.hintAtNews(order));
      case 'unheard':
        await this.each((order) => this.submit(order));
        await this.harm([LIST, DOWN], [LOOK_UP, DOWN], [SUBSCRIBE, DOWN]);
        await this.account.admin.dropStreams(this.apiKey);
        return;
      case 'uncancelled':
        await this.each((order) => this.submit(order));
        await this.harm([CANCEL, DOWN], [LOOK_UP, DOWN]);
        return await this.each((order) =>
          this.service.orderManager.cancelOrder(this.account.tenantId, this.orderId(order), {}, PATIENT),
        );
      case 'answered':
        await this.harm([PLACE, { kind: 'lose-reply' }]);
        return await this.each((order) => this.submit(order));
    }
  }

  /** The exchange answers again. */
  async heal(): Promise<void> {
    for (const rule of this.rules.splice(0)) await this.account.admin.clearFaults(rule);
  }

  private async harm(...faults: [endpoint: string, effect: FaultEffect][]): Promise<void> {
    for (const [endpoint, effect] of faults) {
      const match = { endpoint, apiKey: this.apiKey };
      this.rules.push(await this.account.admin.addFault({ match, effect }));
    }
  }

  private async each(work: (order: DoubtfulOrder) => Promise<unknown>): Promise<void> {
    await Promise.all(this.orders.map(work));
  }

  /** Whoever submits them waits for an answer until the test ends, or longer. */
  private submitUnanswered(): void {
    void Promise.allSettled(this.orders.map((order) => this.submit(order)));
  }

  private async submit({ key, quantity }: DoubtfulOrder): Promise<unknown> {
    const order = restingOrder(this.account.tenantId, { idempotencyKey: key, quantity });
    return await this.service.orderManager.submitOrder(order, PATIENT);
  }

  /** Makes the order look itself up. */
  private async hintAtNews(order: DoubtfulOrder): Promise<void> {
    const { tenantId } = this.account;
    const orderId = this.orderId(order);
    await this.service.temporal.client.workflow
      .getHandle(orderWorkflowId(tenantId, orderId))
      .signal(orderUpdateSignal, {
        orderId,
        tenantId,
        exchangeOrderId: 'unknown',
        exchangeId: 'BINANCE',
        assetId: 'BTC/USDT',
        status: 'OPEN',
        filledQuantity: '0',
        remainingQuantity: order.quantity,
        timestamp: new Date().toISOString(),
      });
  }
}
