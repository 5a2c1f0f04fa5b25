import type { DecimalString } from '../domain/decimal';
import type { AccountInput } from './accounts-input';
import type { CounterOrderInput, CustomerOrderInput, FillInput, SimulatorState, TransferInput } from './admin-api';
import type { Instrument, OrderView } from './exchange/model';
import type { FaultRule, FaultState } from './faults';

/** The admin API of a running simulator, typed. Every call throws an Error with the simulator's own sentence on refusal. */
export class SimulatorAdmin {
  readonly #address: string;
  readonly #exchange: string;

  /** `address` is the `admin` URL that the simulator prints when it is ready. */
  constructor(address: string, exchange = 'BINANCE') {
    this.#address = address;
    this.#exchange = exchange;
  }

  state(): Promise<SimulatorState> {
    return this.#call('GET', 'state');
  }

  addAccount(account: AccountInput): Promise<{ accountId: string }> {
    return this.#call('POST', 'accounts', account);
  }

  /** A negative amount withdraws. */
  deposit(
    accountId: string,
    asset: string,
    amount: DecimalString,
    kind: Pick<TransferInput, 'fee' | 'unlisted'> = {},
  ): Promise<void> {
    return this.#call('POST', 'deposits', { accountId, asset, amount, ...kind });
  }

  addInstrument(instrument: Instrument): Promise<void> {
    return this.#call('POST', 'instruments', instrument);
  }

  /** Moves the market maker's quotes; resting orders in the way are filled. */
  setPrice(symbol: string, price: DecimalString): Promise<void> {
    return this.#call('POST', 'price', { symbol, price });
  }

  /** Places a limit order of a counterparty without limits, which matches by the rules of the book. */
  placeCounterOrder(order: CounterOrderInput): Promise<OrderView> {
    return this.#call('POST', 'orders', order);
  }

  /** Places an order on a customer's account by hand, past every API. @returns the order after it */
  placeCustomerOrder(order: CustomerOrderInput): Promise<OrderView> {
    return this.#call('POST', 'customer-orders', order);
  }

  /** Fills a resting order at its own price. @returns the order after it */
  fill(fill: FillInput): Promise<OrderView> {
    return this.#call('POST', 'fill', fill);
  }

  async addFault(rule: FaultRule): Promise<number> {
    return (await this.#call<{ id: number }>('POST', 'faults', rule)).id;
  }

  /** Removes one rule, or all. */
  clearFaults(id?: number): Promise<void> {
    return this.#call('DELETE', 'faults', undefined, id === undefined ? {} : { id: String(id) });
  }

  /** The rules with how often each matched and hit. */
  faults(): Promise<FaultState[]> {
    return this.#call('GET', 'faults');
  }

  /** Cuts the private streams of a key, or all streams. @returns how many connections */
  async dropStreams(apiKey?: string): Promise<number> {
    return (await this.#call<{ dropped: number }>('POST', 'streams/drop', { apiKey })).dropped;
  }

  announceShutdown(): Promise<void> {
    return this.#call('POST', 'shutdown-notice');
  }

  /** Changes limits by name (`ordersPer10Seconds`, …) and resets counts and bans. @returns all limits */
  setLimits(changes: Readonly<Record<string, number>>): Promise<Record<string, number>> {
    return this.#call('POST', 'limits', changes);
  }

  /** Sets the exchange's clock off from the machine's. */
  setClockOffset(offsetMs: number): Promise<void> {
    return this.#call('POST', 'clock', { offsetMs });
  }

  async #call<Result>(
    method: string,
    path: string,
    body?: object,
    query: Record<string, string> = {},
  ): Promise<Result> {
    const search = new URLSearchParams({ exchange: this.#exchange, ...query });
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${this.#address}/admin/${path}?${search.toString()}`, init);
    const reply = (await response.json()) as Result & { error?: string };
    if (!response.ok) throw new Error(`The simulator refused ${method} ${path}: ${reply.error ?? response.statusText}`);
    return reply;
  }
}
