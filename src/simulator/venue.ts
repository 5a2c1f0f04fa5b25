import type { Exchange } from './exchange/exchange';
import type { MarketMaker } from './exchange/market-maker';
import type { Faults } from './faults';

/** One simulated exchange as the admin API sees it, whatever protocol it speaks. */
export interface Venue {
  readonly exchange: Exchange;
  readonly marketMaker: MarketMaker;
  readonly faults: Faults;
  /** Cuts WebSocket connections: private ones of a key, or all when none is given. @returns how many */
  dropStreams(apiKey?: string): number;
  /** Tells all streams that the server is about to go. */
  announceShutdown(): void;
  /** The API key of each private stream subscription that is active. */
  subscribers(): string[];
  /** Replaces some of the limits; undefined leaves all. Counts and bans start anew. @returns what holds now */
  changeLimits(changes: Readonly<Record<string, number>>): object;
}
