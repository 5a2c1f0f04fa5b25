import type { Decimal } from '../../domain/decimal';
import { formatDecimal, parseDecimal } from '../../domain/decimal';
import type { Fault } from '../../domain/errors';
import { ServiceError } from '../../domain/errors';
import type { Instrument } from '../../domain/instrument';
import { instrumentFaults } from '../../domain/instrument';
import type { OrderRequest } from '../../domain/order-request';
import { orderRequestSchema } from '../../domain/order-request';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { ExchangeInfoReply, SymbolInfo } from './wire';
import { symbolInfo } from './wire';

/** Rules change rarely, and a refusal by the exchange costs one round trip; so an hour is near enough. */
export const INSTRUMENTS_AGE_MS_MAX = 3_600_000;
/** An instrument that we don't know, or that was not trading, is asked for again after this at the earliest. */
export const INSTRUMENTS_REFRESH_MS_MIN = 10_000;

/** An instrument with what only Binance says of it. */
export interface BinanceInstrument extends Instrument {
  /** In Binance's words. */
  orderTypes: readonly string[];
  /** Decimals of balances and amounts in quote: beyond it an amount is cut off. */
  quoteDigits: number;
  amendAllowed: boolean;
  cancelReplaceAllowed: boolean;
}

/**
 * Reads one symbol of exchangeInfo; undefined for names that can't be BASE/QUOTE (a few are not ASCII).
 * @throws RangeError for a filter whose value is no decimal
 */
export function instrumentOf(info: SymbolInfo): BinanceInstrument | undefined {
  const assetId = `${info.baseAsset}/${info.quoteAsset}`;
  if (!orderRequestSchema().shape.assetId.safeParse(assetId).success) return undefined;
  const price = filterOf(info, 'PRICE_FILTER');
  const lot = filterOf(info, 'LOT_SIZE');
  const marketLot = filterOf(info, 'MARKET_LOT_SIZE');
  const notional = filterOf(info, 'NOTIONAL') ?? filterOf(info, 'MIN_NOTIONAL');
  return {
    assetId,
    symbol: info.symbol,
    trading: info.status === 'TRADING',
    lotSize: rule(lot, 'stepSize') ?? '0',
    ...present('minOrderSize', rule(lot, 'minQty')),
    ...present('maxOrderSize', rule(lot, 'maxQty')),
    ...(marketLot !== undefined && {
      marketOrderSize: {
        ...present('lotSize', rule(marketLot, 'stepSize')),
        ...present('minOrderSize', rule(marketLot, 'minQty')),
        ...present('maxOrderSize', rule(marketLot, 'maxQty')),
      },
    }),
    tickSize: rule(price, 'tickSize') ?? '0',
    ...present('minPrice', rule(price, 'minPrice')),
    ...present('maxPrice', rule(price, 'maxPrice')),
    ...present('minNotional', rule(notional, 'minNotional')),
    ...present('maxNotional', rule(notional, 'maxNotional')),
    orderTypes: info.orderTypes,
    quoteDigits: info.quoteAssetPrecision,
    amendAllowed: info.amendAllowed ?? false,
    cancelReplaceAllowed: info.cancelReplaceAllowed ?? false,
  };
}

/**
 * What the instrument's fixed rules say against an order. Rules that depend on the market or on the account
 * (PERCENT_PRICE…, NOTIONAL of orders without a price, MAX_POSITION, MAX_NUM_…) are left to Binance, which alone knows
 * the average it compares with; breaking them is a clear rejection, -1013.
 */
export function ruleFaults(instrument: BinanceInstrument, order: OrderRequest): Fault[] {
  const faults = instrumentFaults(instrument, order);
  if (order.orderType !== 'MARKET') return faults;
  const { marketOrderSize: _, ...general } = instrument;
  const known = new Set(faults.map(({ message }) => message));
  return [...faults, ...instrumentFaults(general, order).filter(({ message }) => !known.has(message))];
}

/** The instruments as last read, by both of their names. */
export class InstrumentBook {
  private byAsset = new Map<string, BinanceInstrument>();
  private bySymbol = new Map<string, BinanceInstrument>();
  private readAtMs = -Infinity;
  private reading: Promise<void> | undefined;

  constructor(
    private readonly read: () => Promise<ExchangeInfoReply>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** @throws ServiceError when they can't be read */
  async all(): Promise<readonly BinanceInstrument[]> {
    await this.refresh(INSTRUMENTS_AGE_MS_MAX);
    return [...this.byAsset.values()];
  }

  /** Undefined when Binance does not list it, as of INSTRUMENTS_REFRESH_MS_MIN ago. @throws ServiceError */
  async find(assetId: string): Promise<BinanceInstrument | undefined> {
    await this.refresh(INSTRUMENTS_AGE_MS_MAX);
    if (this.byAsset.get(assetId)?.trading !== true) await this.refresh(INSTRUMENTS_REFRESH_MS_MIN);
    return this.byAsset.get(assetId);
  }

  /** @throws ServiceError INSTRUMENT_UNKNOWN */
  async get(assetId: string): Promise<BinanceInstrument> {
    const instrument = await this.find(assetId);
    if (instrument === undefined) throw new ServiceError('INSTRUMENT_UNKNOWN', `BINANCE does not list ${assetId}.`);
    return instrument;
  }

  /** For what needs its name alone, which never changes: Binance is asked only where it is not known. @throws ServiceError */
  async named(assetId: string): Promise<BinanceInstrument> {
    return this.byAsset.get(assetId) ?? (await this.get(assetId));
  }

  /** What is known of Binance's own name, without asking. */
  knownSymbol(symbol: string): BinanceInstrument | undefined {
    return this.bySymbol.get(symbol);
  }

  /** The same, asking once more for a name that is not known. @throws ServiceError */
  async findSymbol(symbol: string): Promise<BinanceInstrument | undefined> {
    if (!this.bySymbol.has(symbol)) await this.refresh(INSTRUMENTS_REFRESH_MS_MIN);
    return this.bySymbol.get(symbol);
  }

  private async refresh(ageMsMax: number): Promise<void> {
    if (this.clock.now() - this.readAtMs < ageMsMax) return;
    this.reading ??= this.load().finally(() => (this.reading = undefined));
    await this.reading;
  }

  private async load(): Promise<void> {
    const { symbols } = await this.read();
    const instruments = symbols.flatMap((info) => this.readable(info) ?? []);
    this.byAsset = new Map(instruments.map((instrument) => [instrument.assetId, instrument]));
    this.bySymbol = new Map(instruments.map((instrument) => [instrument.symbol, instrument]));
    this.readAtMs = this.clock.now();
  }

  /** One symbol that can't be read must not stop trading on all others. */
  private readable(info: unknown): BinanceInstrument | undefined {
    try {
      return instrumentOf(symbolInfo.parse(info));
    } catch (error) {
      this.logger.warn({ info, error: (error as Error).message }, 'A symbol of exchangeInfo is unreadable, left out.');
      return undefined;
    }
  }
}

type Filter = SymbolInfo['filters'][number];

function filterOf({ filters }: SymbolInfo, type: string): Filter | undefined {
  return filters.find(({ filterType }) => filterType === type);
}

/** A rule of 0 is a rule that is off (filters.md). */
function rule(filter: Filter | undefined, name: string): string | undefined {
  const value = filter?.[name];
  if (value === undefined) return undefined;
  const decimal: Decimal = parseDecimal(value);
  return decimal.isZero() ? undefined : formatDecimal(decimal);
}

function present<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
}
