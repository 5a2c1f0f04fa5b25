import type { ExchangeId } from '../domain/exchange';
import { ServiceError } from '../domain/errors';
import type { MarketStream } from '../exchanges/exchange-module';
import type { Clock } from '../platform/clock';
import type { Logger } from '../platform/logger';
import { ExchangeQuotes } from './exchange-quotes';
import type { MarketData, Quote } from './market-data';

/** A price older than this is no price (overridden by `quoteAgeMsMax`). */
export const QUOTE_AGE_MS_MAX = 10_000;

export interface LiveMarketDataOptions {
  /** Builds the stream of an exchange; called once for each that is asked for. @throws ServiceError */
  createStream: (exchangeId: ExchangeId) => Promise<MarketStream>;
  clock: Clock;
  logger: Logger;
  quoteAgeMsMax?: number;
}

/** Prices from the exchanges' public streams, opened and subscribed as they are asked for. */
export function createLiveMarketData(options: LiveMarketDataOptions): MarketData {
  return new LiveMarketData(options);
}

class LiveMarketData implements MarketData {
  private readonly exchanges = new Map<ExchangeId, Promise<ExchangeQuotes>>();
  private isClosed = false;

  constructor(private readonly options: LiveMarketDataOptions) {}

  async quote(exchangeId: ExchangeId, assetId: string): Promise<Quote> {
    if (this.isClosed) throw new ServiceError('PRICE_UNAVAILABLE', 'The market data has been closed.');
    const quotes = await this.quotesOf(exchangeId);
    return await quotes.quote(assetId);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const opened = await Promise.allSettled([...this.exchanges.values()]);
    await Promise.all(opened.flatMap((quotes) => (quotes.status === 'fulfilled' ? [quotes.value.close()] : [])));
  }

  private quotesOf(exchangeId: ExchangeId): Promise<ExchangeQuotes> {
    const known = this.exchanges.get(exchangeId);
    if (known !== undefined) return known;
    const { createStream, clock, logger, quoteAgeMsMax = QUOTE_AGE_MS_MAX } = this.options;
    const fresh = createStream(exchangeId).then(
      (stream) => new ExchangeQuotes(exchangeId, stream, { clock, logger, quoteAgeMsMax }),
    );
    this.exchanges.set(exchangeId, fresh);
    fresh.catch(() => this.exchanges.delete(exchangeId)); // asked for again, it is tried again
    return fresh;
  }
}
