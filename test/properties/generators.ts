/**
 * Generators that several properties share. One section per idea; add yours at the end, under its own heading.
 * Decimals are drawn as integers and scaled, so that no generated number ever passes through a float.
 */
import fc from 'fast-check';
import { Decimal, formatDecimal } from '../../src/domain/decimal';
import { EXCHANGE_IDS } from '../../src/domain/exchange';
import { orderIdOf } from '../../src/domain/ids';
import type { Instrument } from '../../src/domain/instrument';
import type { ExecutionUpdate } from '../../src/domain/order';
import type { OrderRequest, OrderRequestInput, OrderType, TimeInForce } from '../../src/domain/order-request';
import { ORDER_SIDES, ORDER_TYPES, parseOrderRequest, TIMES_IN_FORCE } from '../../src/domain/order-request';

// Decimals

/** A decimal string between `min` and `max` (both inclusive) with at most `scale` decimal places, normalized. */
export function decimalString({ min, max, scale }: { min: string; max: string; scale: number }): fc.Arbitrary<string> {
  const factor = new Decimal(10).pow(scale);
  const bounds = {
    min: BigInt(new Decimal(min).times(factor).ceil().toFixed()),
    max: BigInt(new Decimal(max).times(factor).floor().toFixed()),
  };
  return fc.bigInt(bounds).map((units) => formatDecimal(new Decimal(units.toString()).div(factor)));
}

/** A positive quantity in base currency, up to 8 decimal places as the exchanges have them. */
export const quantityString = (): fc.Arbitrary<string> => decimalString({ min: '0.00000001', max: '10000', scale: 8 });

/** A positive price in quote currency. */
export const priceString = (): fc.Arbitrary<string> => decimalString({ min: '0.000001', max: '200000', scale: 6 });

/** A multiple of `step` between `min` and `max` (inclusive): a value that an instrument's rules allow. */
export function multipleOf(step: string, { min, max }: { min: string; max: string }): fc.Arbitrary<string> {
  const bounds = {
    min: BigInt(new Decimal(min).div(step).ceil().toFixed()),
    max: BigInt(new Decimal(max).div(step).floor().toFixed()),
  };
  return fc.bigInt(bounds).map((steps) => formatDecimal(new Decimal(steps.toString()).times(step)));
}

// Names and times

export const tenantId = (): fc.Arbitrary<string> => fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
export const name = (): fc.Arbitrary<string> => fc.stringMatching(/^[A-Za-z0-9_.:@-]{1,128}$/);
export const currency = (): fc.Arbitrary<string> => fc.constantFrom('BTC', 'ETH', 'SOL', 'BNB', 'USDT', 'EUR', '1INCH');

/** An instrument's name as BASE/QUOTE. */
export const assetId = (): fc.Arbitrary<string> =>
  fc
    .tuple(currency(), currency())
    .filter(([base, quote]) => base !== quote)
    .map(([base, quote]) => `${base}/${quote}`);

/** An ISO 8601 instant between 2020 and 2040. */
export const isoInstant = (): fc.Arbitrary<string> =>
  fc
    .integer({ min: Date.parse('2020-01-01T00:00:00Z'), max: Date.parse('2040-01-01T00:00:00Z') })
    .map((ms) => new Date(ms).toISOString());

// Orders

/** What a generated order is held to; whatever is left out is drawn. */
export interface OrderWishes {
  tenantId?: string;
  exchangeId?: OrderRequest['exchangeId'];
  assetId?: string;
  /** Order types to draw from, with the times in force that each may have. */
  orders?: Partial<Record<OrderType, readonly TimeInForce[]>>;
  quantity?: fc.Arbitrary<string>;
  price?: fc.Arbitrary<string>;
  postOnly?: boolean;
}

const ALL_ORDERS = Object.fromEntries(ORDER_TYPES.map((type) => [type, TIMES_IN_FORCE]));

/** A valid order as a client sends it: every order type and time in force, with exactly the fields that belong to it. */
export function orderRequestInput(wishes: OrderWishes = {}): fc.Arbitrary<OrderRequestInput> {
  const kinds = Object.entries(wishes.orders ?? ALL_ORDERS).flatMap(([orderType, times]) =>
    times.map((timeInForce) => ({ orderType: orderType as OrderType, timeInForce })),
  );
  const price = wishes.price ?? priceString();
  const drawn = fc.record({
    tenantId: wishes.tenantId === undefined ? tenantId() : fc.constant(wishes.tenantId),
    strategyId: name(),
    assetId: wishes.assetId === undefined ? assetId() : fc.constant(wishes.assetId),
    side: fc.constantFrom(...ORDER_SIDES),
    kind: fc.constantFrom(...kinds),
    quantity: wishes.quantity ?? quantityString(),
    price,
    stopPrice: price,
    trailingDelta: price,
    idempotencyKey: fc.uuid(),
    exchangeId: wishes.exchangeId === undefined ? fc.constantFrom(...EXCHANGE_IDS) : fc.constant(wishes.exchangeId),
    postOnly: wishes.postOnly === undefined ? fc.boolean() : fc.constant(wishes.postOnly),
    timestamp: isoInstant(),
  });
  return drawn.map(({ kind, price: limit, stopPrice, trailingDelta, postOnly, ...common }) => {
    const { orderType, timeInForce } = kind;
    const mayRest = orderType === 'LIMIT' && (timeInForce === 'GTC' || timeInForce === 'GTD');
    const expiresAt = new Date(Date.parse(common.timestamp) + 3_600_000).toISOString();
    return {
      ...common,
      orderType,
      timeInForce,
      ...((orderType === 'LIMIT' || orderType === 'STOP_LIMIT') && { price: limit }),
      ...((orderType === 'STOP_LIMIT' || orderType === 'STOP_MARKET') && { stopPrice }),
      ...(orderType === 'TRAILING_STOP' && { trailingDelta }),
      ...(timeInForce === 'GTD' && { expiresAt }),
      ...(mayRest && postOnly && { postOnly: true }),
    };
  });
}

/** The same, validated and normalized as the service has it. */
export function orderRequest(wishes: OrderWishes = {}): fc.Arbitrary<OrderRequest> {
  return orderRequestInput(wishes).map((input) => {
    const parsed = parseOrderRequest(input);
    if (!parsed.ok) throw new Error(`The generator made a bad order: ${JSON.stringify([input, parsed.faults])}`);
    return parsed.request;
  });
}

// Executions

/** One execution as an exchange reports it; `fixed` overrides what is drawn. */
export function executionUpdate(fixed: Partial<ExecutionUpdate> = {}): fc.Arbitrary<ExecutionUpdate> {
  const drawn = fc.record({
    executionId: fc.integer({ min: 1, max: 2 ** 40 }).map(String),
    tenantId: tenantId(),
    idempotencyKey: fc.uuid(),
    exchangeOrderId: fc.integer({ min: 1, max: 2 ** 40 }).map(String),
    exchangeId: fc.constantFrom(...EXCHANGE_IDS),
    assetId: assetId(),
    side: fc.constantFrom(...ORDER_SIDES),
    quantity: quantityString(),
    price: priceString(),
    commission: fc.oneof(fc.constant('0'), decimalString({ min: '0.00000001', max: '10', scale: 8 })),
    feeIn: fc.constantFrom('base', 'quote', 'other'),
    liquidity: fc.constantFrom('MAKER' as const, 'TAKER' as const),
    timestamp: isoInstant(),
  });
  return drawn.map(({ idempotencyKey, feeIn, ...execution }) => {
    const [base = '', quote = ''] = (fixed.assetId ?? execution.assetId).split('/');
    return {
      ...execution,
      orderId: orderIdOf(fixed.tenantId ?? execution.tenantId, idempotencyKey),
      commissionAsset: { base, quote, other: 'FEE' }[feeIn] ?? quote,
      receivedAt: execution.timestamp,
      ...fixed,
    };
  });
}

// Instruments

/** An instrument with every rule that exchanges have; minimums lie below maximums and all are multiples of the step. */
export function instrument(fixed: Partial<Instrument> = {}): fc.Arbitrary<Instrument> {
  const step = (): fc.Arbitrary<string> => fc.constantFrom('1', '0.1', '0.01', '0.001', '0.00001', '0.5', '0.025');
  const drawn = fc.record({
    assetId: assetId(),
    lotSize: step(),
    tickSize: step(),
    smallestLots: fc.integer({ min: 1, max: 100 }),
    largestLots: fc.integer({ min: 1_000, max: 10_000_000 }),
    smallestTicks: fc.integer({ min: 1, max: 100 }),
    largestTicks: fc.integer({ min: 1_000, max: 10_000_000 }),
    minNotional: decimalString({ min: '0.0001', max: '10', scale: 4 }),
  });
  return drawn.map(({ smallestLots, largestLots, smallestTicks, largestTicks, ...rules }) => ({
    ...rules,
    symbol: rules.assetId.replace('/', ''),
    trading: true,
    minOrderSize: formatDecimal(new Decimal(rules.lotSize).times(smallestLots)),
    maxOrderSize: formatDecimal(new Decimal(rules.lotSize).times(largestLots)),
    minPrice: formatDecimal(new Decimal(rules.tickSize).times(smallestTicks)),
    maxPrice: formatDecimal(new Decimal(rules.tickSize).times(largestTicks)),
    ...fixed,
  }));
}

// Bookings

/** Fills of a few orders on one instrument, and the way in which they reach the ledgers of two processes. */
export interface BookingScript {
  sides: OrderRequest['side'][];
  /** `order` is taken modulo the number of orders. */
  fills: (Pick<ExecutionUpdate, 'quantity' | 'price' | 'commission' | 'commissionAsset'> & { order: number })[];
  /** Concurrent calls: which fills each hands over (modulo their number), in which order, repeats included. */
  deliveries: { elsewhere: boolean; fills: number[] }[];
}

export function bookingScript(): fc.Arbitrary<BookingScript> {
  const index = fc.nat({ max: 7 });
  const fill = fc.record({
    order: fc.nat({ max: 2 }),
    quantity: decimalString({ min: '0.00000001', max: '100', scale: 8 }),
    price: priceString(),
    commission: fc.oneof(fc.constant('0'), decimalString({ min: '0.00000001', max: '1', scale: 8 })),
    commissionAsset: fc.constantFrom('BTC', 'USDT', 'BNB'),
  });
  return fc.record({
    sides: fc.array(fc.constantFrom(...ORDER_SIDES), { minLength: 1, maxLength: 3 }),
    fills: fc.array(fill, { minLength: 1, maxLength: 8 }),
    deliveries: fc.array(
      fc.record({ elsewhere: fc.boolean(), fills: fc.array(index, { minLength: 1, maxLength: 4 }) }),
      { minLength: 1, maxLength: 4 },
    ),
  });
}
