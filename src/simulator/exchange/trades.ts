import type { Trade } from './model';
import { isInternalAccount } from './model';

/** Public trades kept per symbol; trades of accounts are kept for ever. */
const RECENT_TRADES_MAX = 1000;

/** The trades of one symbol, oldest first. */
export class Trades {
  #recent: Trade[] = [];
  #kept: Trade[] = [];
  readonly #byAccount = new Map<string, Trade[]>();

  add(trade: Trade): void {
    this.#recent.push(trade);
    if (this.#recent.length > 2 * RECENT_TRADES_MAX) this.#recent = this.#recent.slice(-RECENT_TRADES_MAX);
    const accounts = new Set([trade.maker.accountId, trade.taker.accountId].filter((id) => !isInternalAccount(id)));
    if (accounts.size > 0) this.#kept.push(trade);
    for (const accountId of accounts) {
      const own = this.#byAccount.get(accountId);
      if (own === undefined) this.#byAccount.set(accountId, [trade]);
      else own.push(trade);
    }
  }

  recent(limit: number): Trade[] {
    return this.#recent.slice(-Math.min(limit, RECENT_TRADES_MAX));
  }

  /** Every trade that an account had a part in. */
  kept(): readonly Trade[] {
    return this.#kept;
  }

  ofAccount(accountId: string): readonly Trade[] {
    return this.#byAccount.get(accountId) ?? [];
  }

  dump(): { recent: Trade[]; kept: Trade[] } {
    return { recent: this.recent(RECENT_TRADES_MAX), kept: [...this.#kept] };
  }

  restore(stored: { recent: readonly Trade[]; kept: readonly Trade[] }): void {
    for (const trade of stored.kept) this.add(trade);
    this.#recent = [...stored.recent];
  }
}
