import { Decimal, formatDecimal } from '../../domain/decimal';
import { Accounts, type StoredAccount } from './accounts';
import type { Command, Refusal } from './commands';
import type { ExchangeEvent } from './events';
import { FEE_ACCOUNT, type OrderView, type Trade, type Transfer } from './model';
import { viewOrder } from './order';
import { type OrderResult, type StoredMarket, SymbolMarket } from './symbol-market';

/** What a command led to. Refused: nothing has changed. */
export type Outcome =
  | { readonly refused: Refusal }
  | { readonly refused?: never; readonly result?: OrderResult; readonly events: ExchangeEvent[] };

export interface StoredEngine {
  readonly accounts: StoredAccount[];
  readonly markets: StoredMarket[];
  /** Absent in snapshots of before transfers were listed. */
  readonly transfers?: Transfer[];
}

/**
 * A whole exchange as a deterministic state machine: the same commands give the same state and events. It reads no
 * clock, draws no random number and writes nothing.
 */
export class MatchingEngine {
  readonly accounts = new Accounts();
  readonly markets = new Map<string, SymbolMarket>();
  readonly #transfers: Transfer[] = [];
  #events: ExchangeEvent[] = [];

  apply(command: Command): Outcome {
    this.#events = [];
    const result = this.#run(command);
    if (result !== undefined && 'refused' in result) return result;
    for (const { accountId, balances } of this.accounts.takeTouched()) {
      this.#events.push({ kind: 'balances', accountId, atMs: command.atMs, balances });
    }
    if ('symbol' in command) this.markets.get(command.symbol)?.publishBook();
    if (command.type === 'place') this.markets.get(command.order.symbol)?.publishBook();
    return { events: this.#events, ...(result !== undefined && { result }) };
  }

  /** Every order of every customer. */
  orders(): OrderView[] {
    return [...this.markets.values()].flatMap((market) => market.orders.customers().map(viewOrder));
  }

  /** Every trade that a customer had a part in. */
  trades(): Trade[] {
    return [...this.markets.values()].flatMap((market) => [...market.trades.kept()]);
  }

  /** An account's deposits and withdrawals, oldest first. */
  transfersOf(accountId: string): Transfer[] {
    return this.#transfers.filter((transfer) => transfer.accountId === accountId);
  }

  dump(): StoredEngine {
    return {
      accounts: this.accounts.dump(),
      markets: [...this.markets.values()].map((market) => market.dump()),
      transfers: this.#transfers,
    };
  }

  restore(stored: StoredEngine): void {
    this.accounts.restore(stored.accounts);
    this.#transfers.push(...(stored.transfers ?? []));
    for (const market of stored.markets) {
      this.#addMarket(market.instrument, market.counters.order).restore(market);
    }
  }

  #run(command: Command): OrderResult | { refused: Refusal } | undefined {
    switch (command.type) {
      case 'add-instrument':
        if (this.markets.has(command.instrument.symbol)) return { refused: 'SYMBOL_EXISTS' };
        this.#addMarket(command.instrument, command.firstId);
        return undefined;
      case 'open-account':
        return this.#openAccount(command);
      case 'add-key':
        if (!this.accounts.has(command.accountId)) return { refused: 'UNKNOWN_ACCOUNT' };
        if (this.accounts.findKey(command.apiKey) !== undefined) return { refused: 'KEY_EXISTS' };
        this.accounts.addKey(command.accountId, command.apiKey, command.apiSecret);
        return undefined;
      case 'transfer':
        return this.#transfer(command);
      case 'place':
        if (!this.accounts.has(command.order.accountId)) return { refused: 'UNKNOWN_ACCOUNT' };
        return this.#on(command.order.symbol, (market) => market.place(command.order, command.atMs));
      case 'cancel':
        return this.#on(command.symbol, (market) =>
          market.cancel(command.orderId, command.clientOrderId, command.atMs),
        );
      case 'reduce':
        return this.#on(command.symbol, (market) =>
          market.reduce(command.orderId, command.quantity, command.clientOrderId, command.atMs),
        );
      case 'quote':
        return this.#on(command.symbol, (market) => {
          market.quote(command, command.atMs);
          return undefined;
        });
      case 'fill':
        return this.#on(command.symbol, (market) =>
          command.late === true
            ? market.fillLate(command.orderId, command.quantity, command.atMs)
            : market.fill(command.orderId, command.quantity, command.atMs),
        );
    }
  }

  #on<Result>(symbol: string, action: (market: SymbolMarket) => Result): Result | { refused: Refusal } {
    const market = this.markets.get(symbol);
    return market === undefined ? { refused: 'UNKNOWN_SYMBOL' } : action(market);
  }

  #addMarket(instrument: SymbolMarket['instrument'], firstId: number): SymbolMarket {
    const market = new SymbolMarket(instrument, firstId, this.accounts, (event) => this.#events.push(event));
    this.markets.set(instrument.symbol, market);
    return market;
  }

  #openAccount(command: Extract<Command, { type: 'open-account' }>): { refused: Refusal } | undefined {
    if (this.accounts.has(command.accountId)) return { refused: 'ACCOUNT_EXISTS' };
    this.accounts.open(command.accountId, command.fees);
    for (const [asset, amount] of Object.entries(command.balances)) {
      this.accounts.credit(command.accountId, asset, new Decimal(amount));
    }
    return undefined;
  }

  #transfer(command: Extract<Command, { type: 'transfer' }>): { refused: Refusal } | undefined {
    const { accountId, asset, atMs, amount, fee = '0', unlisted = false } = command;
    const moved = new Decimal(amount).minus(fee);
    if (!this.accounts.has(accountId)) return { refused: 'UNKNOWN_ACCOUNT' };
    if (!this.accounts.canSpend(accountId, asset, moved.negated())) return { refused: 'INSUFFICIENT_BALANCE' };
    this.accounts.credit(accountId, asset, moved);
    if (fee !== '0') this.accounts.credit(FEE_ACCOUNT, asset, new Decimal(fee));
    if (!unlisted) {
      this.#transfers.push({ transferId: this.#transfers.length + 1, accountId, asset, amount, fee, atMs });
    }
    this.#events.push({ kind: 'transfer', accountId, asset, amount: formatDecimal(moved), atMs });
    return undefined;
  }
}
