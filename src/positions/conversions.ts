import type { DecimalString } from '../domain/decimal';
import { Decimal, formatDecimal } from '../domain/decimal';
import type { ExchangeId } from '../domain/exchange';
import type { Valuation } from './valuation';

/** A quotient has no exact decimal form. */
const RATE_DIGITS = 28;

/** How amounts of one currency become amounts of another: amount × rate. */
export interface Conversion {
  from: string;
  to: string;
  rate: DecimalString;
  /** What the rate is made of: nothing where both are one currency, else the price of `assetId` at `exchangeId`. */
  source: 'SAME_CURRENCY' | 'PRICE' | 'INVERSE_PRICE';
  exchangeId?: ExchangeId;
  assetId?: string;
  /** When it was the market's rate. */
  at?: string;
  /** Present while no fresh price can be had: the rate is the last known, of this instant. */
  unpricedSince?: string;
}

/** Today's rate at one exchange, from the instrument of both currencies either way round; undefined where it has none. */
export async function conversionBetween(
  valuation: Valuation,
  account: { tenantId: string; exchangeId: ExchangeId },
  { from, to }: Pick<Conversion, 'from' | 'to'>,
): Promise<Conversion | undefined> {
  if (from === to) return sameCurrency(from);
  for (const source of ['PRICE', 'INVERSE_PRICE'] as const) {
    const assetId = source === 'PRICE' ? `${from}/${to}` : `${to}/${from}`;
    const found = await valuation.priceAt({ ...account, assetId });
    if (found === undefined) continue;
    const { price, at, isStale } = found;
    const rate = source === 'PRICE' ? price : inverse(price);
    const { exchangeId } = account;
    return { from, to, rate, source, exchangeId, assetId, at, ...(isStale && { unpricedSince: at }) };
  }
  return undefined;
}

export function sameCurrency(currency: string): Conversion {
  return { from: currency, to: currency, rate: '1', source: 'SAME_CURRENCY' };
}

/** Exact but for the rate, which is cut where it is a quotient. */
export function convert(amount: DecimalString, { rate }: Conversion): DecimalString {
  return formatDecimal(new Decimal(amount).times(rate));
}

function inverse(price: DecimalString): DecimalString {
  return formatDecimal(new Decimal(1).div(price).toSignificantDigits(RATE_DIGITS));
}
