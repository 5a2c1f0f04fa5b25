import * as fc from 'fast-check';
import type { Command } from '../../src/simulator/exchange/commands';
import type { Instrument, OrderRequest } from '../../src/simulator/exchange/model';

export const TOY: Instrument = {
  symbol: 'TOYUSD',
  base: 'TOY',
  quote: 'USD',
  tickSize: '0.01',
  priceMin: '0.01',
  priceMax: '1000000',
  stepSize: '0.001',
  quantityMin: '0.001',
  quantityMax: '9000',
  notionalMin: '0.01',
  notionalMax: '9000000',
  amountDigits: 8,
  initialPrice: '100',
  levelNotional: '300',
};
export const CUSTOMERS = ['ann', 'ben', 'cyd'] as const;
export const DEPOSITS = { USD: '5000', TOY: '50' };

/** A market with three customers, before anything was traded. */
export function openingCommands(): Command[] {
  return [
    { type: 'add-instrument', atMs: 1, instrument: TOY, firstId: 100 },
    ...CUSTOMERS.map((accountId): Command => ({
      type: 'open-account',
      atMs: 1,
      accountId,
      balances: DEPOSITS,
      fees: { maker: '0.001', taker: '0.00175' },
    })),
  ];
}

const price = fc.integer({ min: 9800, max: 10200 }).map((cents) => (cents / 100).toFixed(2));
const quantity = fc.integer({ min: 1, max: 9000 }).map((thousandths) => (thousandths / 1000).toFixed(3));

/** Random orders of all kinds, near each other so that they often meet. */
function order(withStops: boolean): fc.Arbitrary<OrderRequest> {
  const trigger = fc.record(
    {
      direction: fc.constantFrom('RISES_TO' as const, 'FALLS_TO' as const),
      price,
      trailingBips: fc.integer({ min: 1, max: 200 }),
    },
    { requiredKeys: ['direction', 'price'] },
  );
  return fc
    .record({
      accountId: fc.constantFrom(...CUSTOMERS),
      side: fc.constantFrom('BUY' as const, 'SELL' as const),
      shape: fc.constantFrom('LIMIT', 'LIMIT', 'LIMIT', 'MARKET', 'BUDGET', 'POST_ONLY'),
      price,
      quantity,
      timeInForce: fc.constantFrom('GTC' as const, 'GTC' as const, 'IOC' as const, 'FOK' as const),
      selfTradePrevention: withStops
        ? fc.constantFrom(
            'NONE' as const,
            'EXPIRE_TAKER' as const,
            'EXPIRE_MAKER' as const,
            'EXPIRE_BOTH' as const,
            'DECREMENT' as const,
          )
        : fc.constant('NONE' as const),
      clientOrderId: fc.integer({ min: 1, max: 40 }).map((id) => `c${id}`),
      trigger: withStops ? fc.option(trigger, { nil: undefined, freq: 4 }) : fc.constant(undefined),
    })
    .map(({ shape, price: limit, quantity: size, trigger: condition, ...rest }) => ({
      symbol: TOY.symbol,
      ...rest,
      execution: shape === 'MARKET' || shape === 'BUDGET' ? ('MARKET' as const) : ('LIMIT' as const),
      postOnly: shape === 'POST_ONLY',
      ...(shape !== 'MARKET' && shape !== 'BUDGET' && { price: limit }),
      ...(shape === 'BUDGET' && condition === undefined ? { quoteBudget: '250.5' } : { quantity: size }),
      timeInForce: shape === 'LIMIT' ? rest.timeInForce : ('GTC' as const),
      ...(condition !== undefined && { trigger: condition }),
      attributes: {},
    }));
}

/** Order ids are guessed: many exist. */
const orderId = fc.integer({ min: 100, max: 130 });

export function commands(options: { withStops: boolean }): fc.Arbitrary<Command[]> {
  const symbol = TOY.symbol;
  const place = order(options.withStops).map((request): Command => ({ type: 'place', atMs: 2, order: request }));
  const command = fc.oneof(
    { weight: 10, arbitrary: place },
    {
      weight: 3,
      arbitrary: orderId.map((id): Command => ({ type: 'cancel', atMs: 3, symbol, orderId: id, clientOrderId: 'x' })),
    },
    {
      weight: 3,
      arbitrary: fc
        .record({ orderId, quantity })
        .map((change): Command => ({ type: 'reduce', atMs: 4, symbol, clientOrderId: 'r', ...change })),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({ orderId, quantity, late: fc.boolean() })
        .map((fill): Command => ({ type: 'fill', atMs: 5, symbol, ...fill })),
    },
    {
      weight: 1,
      arbitrary: price.map((at): Command => ({ type: 'quote', atMs: 6, symbol, price: at, levels: 3, spreadBips: 20 })),
    },
  );
  return fc.array(command, { minLength: 20, maxLength: 60, size: 'max' });
}
