import fc from 'fast-check';
import { Decimal } from '../../src/domain/decimal';
import type { OrderRequest } from '../../src/domain/order-request';
import {
  balanceFault,
  collarFaults,
  notionalFault,
  openOrdersFault,
  orderRateFault,
  selfTradeFault,
} from '../../src/safeguards/send-limits';
import { decimalString, multipleOf, orderRequest } from '../properties/generators';

const MARKET = { bid: '99', ask: '101', mid: '100' };
const price = multipleOf('0.01', { min: '1', max: '300' });
const quantity = decimalString({ min: '0.00000001', max: '1000', scale: 8 });
const order = orderRequest({ assetId: 'BTC/USDT', price, quantity });
const limit = decimalString({ min: '0.01', max: '100000', scale: 2 });

/** What the order is worth per unit, said anew: its own price, else what its side of the market takes. */
function unitPrice({ price: own, stopPrice, side }: OrderRequest): Decimal {
  return new Decimal(own ?? stopPrice ?? (side === 'BUY' ? MARKET.ask : MARKET.bid));
}

describe('max notional', () => {
  test('refuses exactly what is worth more than the limit of its quote currency, with both in the words', () => {
    fc.assert(
      fc.property(order, limit, (request, max) => {
        const fault = notionalFault(request, { USDT: max, EUR: '0.01' }, MARKET);
        const worth = unitPrice(request).times(request.quantity);
        expect(fault !== undefined).toBe(worth.gt(max));
        if (fault) expect(fault.message).toBe(`must be at most maxNotional ${max} USDT, got ${worth.toFixed()}`);
      }),
      { numRuns: 300 },
    );
  });

  test('refuses a quote currency that it does not name, and a worth that no market tells', () => {
    fc.assert(
      fc.property(order, (request) => {
        expect(notionalFault(request, { EUR: '1000000000' }, MARKET)?.message).toContain('names none in USDT');
        const isPriced = request.price !== undefined || request.stopPrice !== undefined;
        if (!isPriced)
          expect(notionalFault(request, { USDT: '1000000000' }, undefined)?.message).toContain('no market');
      }),
    );
  });
});

describe('price collar', () => {
  test('refuses exactly the prices that are too far from the middle, on either side', () => {
    const percent = decimalString({ min: '0.1', max: '150', scale: 1 });
    fc.assert(
      fc.property(order, percent, (request, allowed) => {
        const named = [request.price, request.stopPrice].filter((one) => one !== undefined);
        const judged = named.length > 0 ? named : [unitPrice(request).toFixed()];
        const outside = judged.filter((one) => {
          const [low, high] = [-1, 1].map((sign) => new Decimal(100).plus(new Decimal(allowed).times(sign)));
          return new Decimal(one).lt(low ?? 0) || new Decimal(one).gt(high ?? 0);
        });
        const faults = collarFaults(request, allowed, MARKET);
        expect(faults.map(({ message }) => message.split('got ')[1])).toEqual(outside);
      }),
      { numRuns: 300 },
    );
  });

  test('refuses everything while there is no market', () => {
    fc.assert(fc.property(order, (request) => expect(collarFaults(request, '1000', undefined)).toHaveLength(1)));
  });
});

test('a rate and a number of open orders refuse from the limit on', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 0, max: 200 }), (max, count) => {
      expect(orderRateFault(max, count) === undefined).toBe(count <= max);
      expect(openOrdersFault(max, count) === undefined).toBe(count < max);
    }),
  );
  expect(orderRateFault(5, 6)?.message).toContain('ordersPerSecond 5');
  expect(openOrdersFault(5, 5)?.message).toContain('maxOpenOrders 5');
});

test('a balance refuses exactly what costs more than is free', () => {
  fc.assert(
    fc.property(order, limit, (request, free) => {
      const isBuy = request.side === 'BUY';
      const needed = isBuy ? unitPrice(request).times(request.quantity) : new Decimal(request.quantity);
      const fault = balanceFault(request, { asset: isBuy ? 'USDT' : 'BTC', free }, MARKET);
      expect(fault !== undefined).toBe(needed.gt(free));
    }),
    { numRuns: 300 },
  );
});

describe('self-trade prevention', () => {
  const opposite = (request: OrderRequest, at?: string): Parameters<typeof selfTradeFault>[1][number] => ({
    orderId: 'other',
    side: request.side === 'BUY' ? 'SELL' : 'BUY',
    orderType: at === undefined ? 'MARKET' : 'LIMIT',
    ...(at !== undefined && { price: at }),
  });

  test('refuses exactly the prices at which two orders would trade', () => {
    fc.assert(
      fc.property(orderRequest({ orders: { LIMIT: ['GTC'] }, price, postOnly: false }), price, (request, other) => {
        const [bid, ask] = request.side === 'BUY' ? [request.price, other] : [other, request.price];
        const trades = new Decimal(bid ?? 0).gte(ask ?? 0);
        expect(selfTradeFault(request, [opposite(request, other)]) !== undefined).toBe(trades);
      }),
      { numRuns: 300 },
    );
  });

  test('an order without a price meets any, a post-only order none', () => {
    fc.assert(
      fc.property(order, price, (request, other) => {
        const fault = selfTradeFault(request, [opposite(request, other)]);
        if (request.price === undefined) expect(fault?.message).toContain("the tenant's own");
        if (request.postOnly) expect(fault).toBeUndefined();
        expect(selfTradeFault(request, [])).toBeUndefined();
      }),
    );
  });
});
