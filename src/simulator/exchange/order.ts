import { Decimal, ZERO, formatDecimal } from '../../domain/decimal';
import type { OrderRequest, OrderView, Side } from './model';

/** An order while the engine works on it: amounts in arithmetic form. */
export interface Order {
  readonly request: OrderRequest;
  readonly orderId: number;
  clientOrderId: string;
  readonly price: Decimal;
  quantity: Decimal;
  executed: Decimal;
  cost: Decimal;
  prevented: Decimal;
  locked: Decimal;
  status: OrderView['status'];
  working: boolean;
  readonly createdAtMs: number;
  updatedAtMs: number;
  workingAtMs: number | undefined;
  trailingAtMs: number | undefined;
  trailingExtreme: Decimal | undefined;
  expiryReason: OrderView['expiryReason'];
  preventedMatchId: number | undefined;
}

export function createOrder(request: OrderRequest, orderId: number, atMs: number): Order {
  return {
    request,
    orderId,
    clientOrderId: request.clientOrderId,
    price: request.price === undefined ? ZERO : new Decimal(request.price),
    quantity: request.quantity === undefined ? ZERO : new Decimal(request.quantity),
    executed: ZERO,
    cost: ZERO,
    prevented: ZERO,
    locked: ZERO,
    status: 'NEW',
    working: request.trigger === undefined,
    createdAtMs: atMs,
    updatedAtMs: atMs,
    workingAtMs: request.trigger === undefined ? atMs : undefined,
    trailingAtMs: undefined,
    trailingExtreme: undefined,
    expiryReason: undefined,
    preventedMatchId: undefined,
  };
}

/** What can still be executed. */
export function openQuantity(order: Order): Decimal {
  return order.quantity.minus(order.executed).minus(order.prevented);
}

export function opposite(side: Side): Side {
  return side === 'BUY' ? 'SELL' : 'BUY';
}

export function viewOrder(order: Order): OrderView {
  return {
    ...order.request,
    clientOrderId: order.clientOrderId,
    orderId: order.orderId,
    price: formatDecimal(order.price),
    quantity: formatDecimal(order.quantity),
    quoteBudget: order.request.quoteBudget ?? '0',
    executed: formatDecimal(order.executed),
    cost: formatDecimal(order.cost),
    prevented: formatDecimal(order.prevented),
    locked: formatDecimal(order.locked),
    status: order.status,
    working: order.working,
    createdAtMs: order.createdAtMs,
    updatedAtMs: order.updatedAtMs,
    ...(order.workingAtMs !== undefined && { workingAtMs: order.workingAtMs }),
    ...(order.trailingAtMs !== undefined && { trailingAtMs: order.trailingAtMs }),
    ...(order.trailingExtreme !== undefined && { trailingExtreme: formatDecimal(order.trailingExtreme) }),
    ...(order.expiryReason !== undefined && { expiryReason: order.expiryReason }),
    ...(order.preventedMatchId !== undefined && { preventedMatchId: order.preventedMatchId }),
  };
}

/** How an order lies in a snapshot: the request as it came beside what became of it. */
export interface StoredOrder {
  readonly request: OrderRequest;
  readonly view: OrderView;
}

export function storeOrder(order: Order): StoredOrder {
  return { request: order.request, view: viewOrder(order) };
}

export function restoreOrder({ request, view }: StoredOrder): Order {
  return {
    ...createOrder(request, view.orderId, view.createdAtMs),
    clientOrderId: view.clientOrderId,
    quantity: new Decimal(view.quantity),
    executed: new Decimal(view.executed),
    cost: new Decimal(view.cost),
    prevented: new Decimal(view.prevented),
    locked: new Decimal(view.locked),
    status: view.status,
    working: view.working,
    updatedAtMs: view.updatedAtMs,
    workingAtMs: view.workingAtMs,
    trailingAtMs: view.trailingAtMs,
    trailingExtreme: view.trailingExtreme === undefined ? undefined : new Decimal(view.trailingExtreme),
    expiryReason: view.expiryReason,
    preventedMatchId: view.preventedMatchId,
  };
}
