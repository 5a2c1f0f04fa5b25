import { Decimal, formatDecimal } from '../domain/decimal';
import { ServiceError } from '../domain/errors';
import type { ExchangeId } from '../domain/exchange';
import type { Ticker } from '../exchanges/adapter';
import type { MarketStream } from '../exchanges/exchange-module';
import type { Clock } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { Quote } from './market-data';

/** An instrument that nobody asks for is unsubscribed after this. */
export const IDLE_MS_MAX = 600_000;
const SWEEP_INTERVAL_MS = 60_000;

interface Deps {
  clock: Clock;
  logger: Logger;
  quoteAgeMsMax: number;
}

/** The prices of one exchange. */
export class ExchangeQuotes {
  private readonly quotes = new Map<string, Quote>();
  private readonly askedAtMs = new Map<string, number>();
  private readonly asking = new Map<string, Promise<Quote>>();
  private readonly life = new AbortController();
  private readonly running: Promise<unknown>;

  constructor(
    private readonly exchangeId: ExchangeId,
    private readonly stream: MarketStream,
    private readonly deps: Deps,
  ) {
    this.running = Promise.all([this.listen(), this.sweep()]);
  }

  /**
   * The latest price. Streams tell of changes only, so a quiet market's price is asked for when it has become too old.
   * @throws ServiceError PRICE_UNAVAILABLE
   */
  async quote(assetId: string): Promise<Quote> {
    if (!this.askedAtMs.has(assetId)) this.stream.subscribe(assetId);
    this.askedAtMs.set(assetId, this.deps.clock.now());
    const known = this.quotes.get(assetId);
    if (known !== undefined && this.deps.clock.now() - known.at <= this.deps.quoteAgeMsMax) return known;
    return await this.ask(assetId);
  }

  async close(): Promise<void> {
    this.life.abort(new Error('closed'));
    await this.stream.close();
    await this.running;
  }

  /** One question at a time for each instrument, however many ask. */
  private ask(assetId: string): Promise<Quote> {
    const known = this.asking.get(assetId);
    if (known !== undefined) return known;
    const question = this.askOnce(assetId).finally(() => this.asking.delete(assetId));
    this.asking.set(assetId, question);
    return question;
  }

  private async askOnce(assetId: string): Promise<Quote> {
    try {
      return this.learn(await this.stream.getTicker(assetId));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const what = `${this.exchangeId} gives no price of ${assetId}: ${error.message}`;
      throw new ServiceError('PRICE_UNAVAILABLE', what, [], { cause: error });
    }
  }

  private learn({ assetId, bid, ask }: Ticker): Quote {
    const mid = formatDecimal(new Decimal(bid).plus(ask).div(2));
    const quote: Quote = { bid, ask, mid, at: this.deps.clock.now() };
    this.quotes.set(assetId, quote);
    return quote;
  }

  /** Prices come by single questions as long as the stream is not open. */
  private async listen(): Promise<void> {
    try {
      await this.stream.open((ticker) => this.hear(ticker));
    } catch (error) {
      if (this.life.signal.aborted) return;
      const { message } = error as Error;
      this.deps.logger.error({ exchangeId: this.exchangeId, error: message }, 'The market stream cannot be opened.');
    }
  }

  private hear(ticker: Ticker): void {
    if (this.askedAtMs.has(ticker.assetId)) this.learn(ticker);
  }

  private async sweep(): Promise<void> {
    while (await this.sleep(SWEEP_INTERVAL_MS)) {
      const now = this.deps.clock.now();
      for (const [assetId, askedAtMs] of this.askedAtMs) {
        if (now - askedAtMs <= IDLE_MS_MAX) continue;
        this.askedAtMs.delete(assetId);
        this.quotes.delete(assetId);
        this.stream.unsubscribe(assetId);
      }
    }
  }

  /** False when close() came first. */
  private sleep(ms: number): Promise<boolean> {
    return this.deps.clock.sleep(ms, this.life.signal).then(
      () => true,
      () => false,
    );
  }
}
