import type { ExchangeEvent, PriceLevel } from '../exchange/events';

/** The diff of a book since the feed's last event. */
export interface DepthDiff {
  readonly firstUpdateId: number;
  readonly lastUpdateId: number;
  readonly bids: PriceLevel[];
  readonly asks: PriceLevel[];
}

/** Gathers the changes of one book between two events of a diff stream, so that their update ids have no gap. */
export class DepthFeed {
  readonly #bids = new Map<string, string>();
  readonly #asks = new Map<string, string>();
  #firstUpdateId: number | undefined;
  #lastUpdateId = 0;

  add(change: Extract<ExchangeEvent, { kind: 'book' }>): void {
    this.#firstUpdateId ??= change.firstUpdateId;
    this.#lastUpdateId = change.lastUpdateId;
    for (const [price, quantity] of change.bids) this.#bids.set(price, quantity);
    for (const [price, quantity] of change.asks) this.#asks.set(price, quantity);
  }

  /** @returns undefined when nothing changed */
  take(): DepthDiff | undefined {
    if (this.#firstUpdateId === undefined) return undefined;
    const diff = {
      firstUpdateId: this.#firstUpdateId,
      lastUpdateId: this.#lastUpdateId,
      bids: [...this.#bids],
      asks: [...this.#asks],
    };
    this.#firstUpdateId = undefined;
    this.#bids.clear();
    this.#asks.clear();
    return diff;
  }
}
