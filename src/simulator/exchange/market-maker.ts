import { Decimal, formatDecimal } from '../../domain/decimal';
import type { Clock } from '../../platform/clock';
import type { Random } from '../../platform/random';
import type { Exchange } from './exchange';

const LEVELS = 10;
const SPREAD_BIPS = 2;
/** The farthest that a tick moves the price. */
const STEP_BIPS_MAX = 8;
/** Part of the distance to the instrument's initial price that each tick takes back, so that prices stay plausible. */
const REVERSION_DIVISOR = 200;

export interface MarketMakerOptions {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly random: Random;
  /** 0: the quotes stay until someone moves them by `setPrice`. */
  readonly intervalMs: number;
}

/** Quotes both sides of every market, and lets the price walk at random but reproducibly. */
export class MarketMaker {
  readonly #options: MarketMakerOptions;
  readonly #timer: NodeJS.Timeout | undefined;
  /** Its own view of each market: a single trade off the market does not move its quotes. */
  readonly #mids = new Map<string, Decimal>();

  constructor(options: MarketMakerOptions) {
    this.#options = options;
    for (const [symbol, market] of options.exchange.engine.markets)
      this.setPrice(symbol, formatDecimal(market.lastPrice));
    if (options.intervalMs > 0) this.#timer = setInterval(() => this.#tick(), options.intervalMs);
  }

  /** Moves the quotes of a market around `price`; resting orders in the way are filled. */
  setPrice(symbol: string, price: string): void {
    const { exchange, clock } = this.#options;
    this.#mids.set(symbol, new Decimal(price));
    exchange.execute({ type: 'quote', atMs: clock.now(), symbol, price, levels: LEVELS, spreadBips: SPREAD_BIPS });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    for (const [symbol, market] of this.#options.exchange.engine.markets) {
      const price = this.#mids.get(symbol) ?? market.lastPrice;
      const draw = Math.round((2 * this.#options.random.fraction() - 1) * STEP_BIPS_MAX * 100);
      const step = price.times(draw).dividedBy(1_000_000);
      const back = new Decimal(market.instrument.initialPrice).minus(price).dividedBy(REVERSION_DIVISOR);
      const next = Decimal.max(market.instrument.tickSize, price.plus(step).plus(back));
      this.setPrice(
        symbol,
        formatDecimal(next.toDecimalPlaces(new Decimal(market.instrument.tickSize).decimalPlaces())),
      );
    }
  }
}
