import type { Command } from './commands';
import type { ExchangeEvent } from './events';
import { Journal } from './journal';
import { MatchingEngine, type Outcome } from './matching-engine';

/** The journal is compacted at the earliest after so many commands: about 2 s of replay. */
const COMPACT_AFTER_COMMANDS = 5000;

/** An exchange that survives its process: the engine, its journal, and those who want to know what happens. */
export class Exchange {
  readonly engine = new MatchingEngine();
  readonly #journal: Journal;
  readonly #listeners = new Set<(event: ExchangeEvent) => void>();
  #failure: Error | undefined;

  /** Opens the exchange of `directory`, with all that was accepted there before. */
  constructor(directory: string) {
    this.#journal = Journal.open(
      directory,
      (state) => this.engine.restore(state),
      (command) => this.engine.apply(command),
    );
  }

  /**
   * Applies a command, puts it on disk, tells the listeners, in this order: who gets the outcome may rely on it.
   * @throws Error when the command failed half way or couldn't be written; the exchange then takes no more
   */
  execute(command: Command): Outcome {
    if (this.#failure !== undefined) throw new Error(`The exchange is out of order: ${this.#failure.message}`);
    const outcome = this.#applyAndWrite(command);
    if (outcome.refused !== undefined) return outcome;
    for (const event of outcome.events) for (const listener of this.#listeners) listener(event);
    return outcome;
  }

  /** @returns how to stop listening */
  subscribe(listener: (event: ExchangeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    if (this.#failure === undefined) this.#journal.compact(this.engine.dump());
    this.#journal.close();
  }

  /** Ends as a killed process would: nothing is tidied up. */
  abandon(): void {
    this.#journal.close();
  }

  #applyAndWrite(command: Command): Outcome {
    try {
      const outcome = this.engine.apply(command);
      if (outcome.refused === undefined) {
        this.#journal.append(command);
        this.#compactWhenLong();
      }
      return outcome;
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      throw this.#failure;
    }
  }

  /** The longer the history, the rarer: the cost of snapshots stays in proportion to the commands. */
  #compactWhenLong(): void {
    if (this.#journal.length < COMPACT_AFTER_COMMANDS) return;
    const archived = [...this.engine.markets.values()].reduce((sum, market) => sum + market.orders.count(), 0);
    if (this.#journal.length >= archived) this.#journal.compact(this.engine.dump());
  }
}
