import { Context } from '@temporalio/activity';
import type {
  CancelActivities,
  ExchangeActivities,
  LedgerActivities,
  TriggerActivities,
} from '../../activities/order-activities';
import type { OrderRequest } from '../../src/domain/order-request';
import { accepted, ended, modifiedTo, type Script, stands } from './script';
import { ScriptedOrder } from './scripted-order';

const HEARTBEAT_MS = 200;

export type DeskActivities = ExchangeActivities & CancelActivities & LedgerActivities & TriggerActivities;

/** The activities of orders as their scripts have it: no exchange, no database; each order's record is in memory. */
export class ScriptedDesk {
  private readonly orders = new Map<string, ScriptedOrder>();
  private readonly calls = new Map<string, number>();
  /** Open orders of others, until all are cancelled. */
  private foreignOrders = 1;

  /** `scripts` by idempotencyKey; an order without one is accepted, and cancelled when that is asked. */
  constructor(private readonly scripts: ReadonlyMap<string, Script> = new Map()) {}

  readonly activities: DeskActivities = {
    submitOrder: async (request) => await this.next(request, 'submit', accepted),
    cancelOrder: async ({ request }) => await this.next(request, 'cancel', ended('CANCELLED')),
    cancelAll: async () => {
      const orders = this.foreignOrders;
      this.foreignOrders = 0;
      return await Promise.resolve({ result: 'cancelled', orders });
    },
    syncOrder: async ({ request }) => await this.next(request, 'sync', stands),
    modifyOrder: async (input) => {
      const { request } = input;
      const answer = this.stepOf(request, 'modify') ?? modifiedTo('present');
      return await Promise.resolve(answer(this.orderOf(request), input));
    },
    settleModification: async (request) =>
      await Promise.resolve({ result: 'settled', facts: this.orderOf(request).facts }),
    awaitTrigger: async (request) => this.scriptOf(request).trigger ?? (await untilCancelled()),
    bookExecutions: async (executions) => await Promise.resolve(this.orderOf(executions[0]).book(executions)),
    recordRefusal: async (request, change) =>
      await Promise.resolve({ result: 'settled', facts: this.orderOf(request).change(change) }),
    wantsSecondReport: async ({ length }) => await Promise.resolve(length === 0),
    recordStep: async (request, change) => await Promise.resolve(this.orderOf(request).change(change)),
  };

  orderOf(request: Pick<OrderRequest, 'orderId'> | undefined): ScriptedOrder {
    const order = this.orders.get(request?.orderId ?? '') ?? new ScriptedOrder(request as OrderRequest);
    this.orders.set(order.request.orderId, order);
    return order;
  }

  /** How often an order's activity was called. */
  callsOf({ orderId }: { orderId: string }, name: keyof Script): number {
    return this.calls.get(`${orderId} ${name}`) ?? 0;
  }

  private async next<Name extends 'submit' | 'cancel' | 'sync'>(
    request: OrderRequest,
    name: Name,
    otherwise: NonNullable<Script[Name]>[number],
  ): Promise<ReturnType<NonNullable<Script[Name]>[number]>> {
    const answer = this.stepOf(request, name) ?? otherwise;
    return await Promise.resolve(answer(this.orderOf(request)) as ReturnType<NonNullable<Script[Name]>[number]>);
  }

  private stepOf<Name extends 'submit' | 'cancel' | 'sync' | 'modify'>(
    request: OrderRequest,
    name: Name,
  ): NonNullable<Script[Name]>[number] | undefined {
    const steps = this.scriptOf(request)[name] ?? [];
    const calls = this.callsOf(request, name);
    this.calls.set(`${request.orderId} ${name}`, calls + 1);
    return steps[Math.min(calls, steps.length - 1)];
  }

  private scriptOf({ idempotencyKey }: OrderRequest): Script {
    return this.scripts.get(idempotencyKey) ?? {};
  }
}

async function untilCancelled(): Promise<never> {
  for (;;) {
    Context.current().heartbeat();
    await Context.current().sleep(HEARTBEAT_MS);
  }
}
