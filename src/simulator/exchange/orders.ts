import { isInternalAccount, isOpenStatus } from './model';
import type { Order } from './order';

/** The orders of one symbol by their two ids. Internal orders are forgotten when they close. */
export class Orders {
  readonly #byId = new Map<number, Order>();
  readonly #internal = new Map<number, Order>();
  readonly #openByClientId = new Map<string, Order>();
  readonly #latestByClientId = new Map<string, Order>();

  add(order: Order): void {
    if (isInternalAccount(order.request.accountId)) {
      this.#internal.set(order.orderId, order);
      return;
    }
    this.#byId.set(order.orderId, order);
    this.index(order);
  }

  /** To be called again when the client order id changed. */
  index(order: Order): void {
    const key = clientKey(order.request.accountId, order.clientOrderId);
    if (isOpenStatus(order.status)) this.#openByClientId.set(key, order);
    const latest = this.#latestByClientId.get(key);
    if (latest === undefined || latest.orderId <= order.orderId) this.#latestByClientId.set(key, order);
  }

  unindexOpen(order: Order): void {
    const key = clientKey(order.request.accountId, order.clientOrderId);
    if (this.#openByClientId.get(key) === order) this.#openByClientId.delete(key);
  }

  closed(order: Order): void {
    if (isInternalAccount(order.request.accountId)) this.#internal.delete(order.orderId);
    else this.unindexOpen(order);
  }

  get(orderId: number): Order | undefined {
    return this.#byId.get(orderId) ?? this.#internal.get(orderId);
  }

  hasOpen(accountId: string, clientOrderId: string): boolean {
    return this.#openByClientId.has(clientKey(accountId, clientOrderId));
  }

  /** The open order of that id, else the youngest that had it. */
  findByClientId(accountId: string, clientOrderId: string): Order | undefined {
    const key = clientKey(accountId, clientOrderId);
    const found = this.#openByClientId.get(key) ?? this.#latestByClientId.get(key);
    return found?.clientOrderId === clientOrderId ? found : undefined;
  }

  ofAccount(accountId: string): Order[] {
    return this.customers().filter((order) => order.request.accountId === accountId);
  }

  openOf(accountId: string): Order[] {
    return [...this.#openByClientId.values()].filter((order) => order.request.accountId === accountId);
  }

  count(): number {
    return this.#byId.size;
  }

  /** Every order of every customer, by order id. */
  customers(): Order[] {
    return [...this.#byId.values()];
  }

  internalOf(accountId: string): Order[] {
    return [...this.#internal.values()].filter((order) => order.request.accountId === accountId);
  }

  all(): Order[] {
    return [...this.#byId.values(), ...this.#internal.values()];
  }
}

function clientKey(accountId: string, clientOrderId: string): string {
  return `${accountId}\n${clientOrderId}`;
}
