import type { DecimalString } from './decimal';
import { Decimal } from './decimal';
import type { Fault } from './errors';
import type { OrderRequest } from './order-request';

/**
 * What an exchange allows on one instrument. Sizes in base, prices and notional in quote; an absent rule does not exist.
 * Exchanges may have rules beyond these; they are checked in the exchange's own folder.
 */
export interface Instrument {
  assetId: string;
  /** The exchange's own name for it. */
  symbol: string;
  /** Whether the exchange takes orders on it now. */
  trading: boolean;
  lotSize: DecimalString;
  minOrderSize?: DecimalString;
  maxOrderSize?: DecimalString;
  /** Tighter size rules for MARKET orders, where the exchange has them. */
  marketOrderSize?: { lotSize?: DecimalString; minOrderSize?: DecimalString; maxOrderSize?: DecimalString };
  tickSize: DecimalString;
  minPrice?: DecimalString;
  maxPrice?: DecimalString;
  minNotional?: DecimalString;
  maxNotional?: DecimalString;
}

/** All that is wrong with an order's sizes and prices on this instrument. Values are judged, never rounded (property 24). */
export function instrumentFaults(instrument: Instrument, order: OrderRequest): Fault[] {
  return [
    ...quantityFaults(instrument, order),
    ...priceFaults(instrument, order),
    ...notionalFaults(instrument, order),
  ];
}

function quantityFaults(instrument: Instrument, { orderType, quantity }: OrderRequest): Fault[] {
  const rules = orderType === 'MARKET' ? { ...instrument, ...instrument.marketOrderSize } : instrument;
  return [
    ...stepFaults('quantity', quantity, 'lotSize', rules.lotSize),
    ...rangeFaults('quantity', quantity, ['minOrderSize', rules.minOrderSize], ['maxOrderSize', rules.maxOrderSize]),
  ];
}

function priceFaults(instrument: Instrument, order: OrderRequest): Fault[] {
  return (['price', 'stopPrice'] as const).flatMap((field) => {
    const price = order[field];
    if (price === undefined) return [];
    return [
      ...stepFaults(field, price, 'tickSize', instrument.tickSize),
      ...rangeFaults(field, price, ['minPrice', instrument.minPrice], ['maxPrice', instrument.maxPrice]),
    ];
  });
}

function notionalFaults({ minNotional, maxNotional }: Instrument, { quantity, price }: OrderRequest): Fault[] {
  if (price === undefined) return [];
  const notional = new Decimal(quantity).times(price);
  return rangeFaults(
    'quantity × price',
    notional.toFixed(),
    ['minNotional', minNotional],
    ['maxNotional', maxNotional],
  );
}

function stepFaults(field: string, value: DecimalString, rule: string, step: DecimalString): Fault[] {
  if (new Decimal(step).isZero() || new Decimal(value).mod(step).isZero()) return [];
  return [{ field, message: `must be a multiple of ${rule} ${step}, got ${value}` }];
}

type Bound = readonly [rule: string, limit: DecimalString | undefined];

function rangeFaults(field: string, value: DecimalString, [minRule, min]: Bound, [maxRule, max]: Bound): Fault[] {
  const faults: Fault[] = [];
  if (min !== undefined && new Decimal(value).lt(min))
    faults.push({ field, message: `must be at least ${minRule} ${min}, got ${value}` });
  if (max !== undefined && new Decimal(value).gt(max))
    faults.push({ field, message: `must be at most ${maxRule} ${max}, got ${value}` });
  return faults;
}
