import { Decimal, ZERO, formatDecimal } from '../../domain/decimal';
import type { Balance, FeeRates } from './model';
import { isInternalAccount } from './model';

interface Holding {
  free: Decimal;
  locked: Decimal;
}

interface Account {
  readonly accountId: string;
  readonly fees: FeeRates;
  readonly holdings: Map<string, Holding>;
  readonly keys: Map<string, string>;
}

/** One account in a snapshot. `keys` maps API key to API secret. */
export interface StoredAccount {
  readonly accountId: string;
  readonly fees: FeeRates;
  readonly balances: Balance[];
  readonly keys: Readonly<Record<string, string>>;
}

const NO_FEES: FeeRates = { maker: '0', taker: '0' };

/**
 * Who owns what. Every movement has two sides, so that the sum of an asset over all accounts changes by deposits and
 * withdrawals only; internal accounts may owe.
 */
export class Accounts {
  readonly #accounts = new Map<string, Account>();
  readonly #accountOfKey = new Map<string, string>();
  readonly #touched = new Map<string, Set<string>>();

  has(accountId: string): boolean {
    return isInternalAccount(accountId) || this.#accounts.has(accountId);
  }

  open(accountId: string, fees: FeeRates): void {
    this.#accounts.set(accountId, { accountId, fees, holdings: new Map(), keys: new Map() });
  }

  addKey(accountId: string, apiKey: string, apiSecret: string): void {
    this.#account(accountId).keys.set(apiKey, apiSecret);
    this.#accountOfKey.set(apiKey, accountId);
  }

  /** The account and secret behind an API key. */
  findKey(apiKey: string): { accountId: string; apiSecret: string } | undefined {
    const accountId = this.#accountOfKey.get(apiKey);
    const apiSecret = accountId === undefined ? undefined : this.#account(accountId).keys.get(apiKey);
    return accountId === undefined || apiSecret === undefined ? undefined : { accountId, apiSecret };
  }

  fees(accountId: string): FeeRates {
    return isInternalAccount(accountId) ? NO_FEES : this.#account(accountId).fees;
  }

  canSpend(accountId: string, asset: string, amount: Decimal): boolean {
    return isInternalAccount(accountId) || this.#holding(accountId, asset).free.greaterThanOrEqualTo(amount);
  }

  credit(accountId: string, asset: string, amount: Decimal): void {
    const holding = this.#touch(accountId, asset);
    holding.free = holding.free.plus(amount);
  }

  /** Moves from free to locked; a negative amount moves back. */
  lock(accountId: string, asset: string, amount: Decimal): void {
    const holding = this.#touch(accountId, asset);
    holding.free = holding.free.minus(amount);
    holding.locked = holding.locked.plus(amount);
  }

  balances(accountId: string): Balance[] {
    if (!this.#accounts.has(accountId)) return [];
    return [...this.#account(accountId).holdings].map(([asset, holding]) => balance(asset, holding));
  }

  accountIds(): string[] {
    return [...this.#accounts.keys()];
  }

  /** The balances that moved since the last call, by account, internal ones left out. */
  takeTouched(): { accountId: string; balances: Balance[] }[] {
    const touched = [...this.#touched]
      .filter(([accountId]) => !isInternalAccount(accountId))
      .map(([accountId, assets]) => ({
        accountId,
        balances: [...assets].map((asset) => balance(asset, this.#holding(accountId, asset))),
      }));
    this.#touched.clear();
    return touched;
  }

  dump(): StoredAccount[] {
    return [...this.#accounts.values()].map((account) => ({
      accountId: account.accountId,
      fees: account.fees,
      balances: this.balances(account.accountId),
      keys: Object.fromEntries(account.keys),
    }));
  }

  restore(accounts: readonly StoredAccount[]): void {
    for (const { accountId, fees, balances, keys } of accounts) {
      this.open(accountId, fees);
      for (const { asset, free, locked } of balances) {
        this.#account(accountId).holdings.set(asset, { free: new Decimal(free), locked: new Decimal(locked) });
      }
      for (const [apiKey, apiSecret] of Object.entries(keys)) this.addKey(accountId, apiKey, apiSecret);
    }
  }

  #account(accountId: string): Account {
    if (isInternalAccount(accountId) && !this.#accounts.has(accountId)) this.open(accountId, NO_FEES);
    const account = this.#accounts.get(accountId);
    if (account === undefined) throw new Error(`There is no account "${accountId}": open it before using it.`);
    return account;
  }

  #holding(accountId: string, asset: string): Holding {
    const { holdings } = this.#account(accountId);
    const known = holdings.get(asset);
    if (known !== undefined) return known;
    const created = { free: ZERO, locked: ZERO };
    holdings.set(asset, created);
    return created;
  }

  #touch(accountId: string, asset: string): Holding {
    const assets = this.#touched.get(accountId);
    if (assets === undefined) this.#touched.set(accountId, new Set([asset]));
    else assets.add(asset);
    return this.#holding(accountId, asset);
  }
}

function balance(asset: string, holding: Holding): Balance {
  return { asset, free: formatDecimal(holding.free), locked: formatDecimal(holding.locked) };
}
