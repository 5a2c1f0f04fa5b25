import fc from 'fast-check';
import type { Fault } from '../../src/domain/errors';
import { orderIdOf } from '../../src/domain/ids';
import type { OrderRequest, OrderRequestInput } from '../../src/domain/order-request';
import { currenciesOf, differingFields, METADATA_BYTES_MAX, parseOrderRequest } from '../../src/domain/order-request';
import { orderRequest, orderRequestInput } from '../properties/generators';

const GOOD = {
  tenantId: 'acme',
  strategyId: 'momentum',
  assetId: 'BTC/USDT',
  side: 'BUY',
  orderType: 'LIMIT',
  quantity: '0.5',
  price: '20000',
  timeInForce: 'GTC',
  exchangeId: 'BINANCE',
  idempotencyKey: 'key-1',
  timestamp: '2026-01-31T12:00:00Z',
} satisfies OrderRequestInput;

function faultsOf(input: unknown): Fault[] {
  const parsed = parseOrderRequest(input);
  return parsed.ok ? [] : parsed.faults;
}

const fieldsOf = (input: unknown): string[] => faultsOf(input).map(({ field }) => field);

describe('an order that is sent in', () => {
  it('is taken in every valid form, and comes out with its derived id and normalized decimals', () => {
    fc.assert(
      fc.property(orderRequestInput(), (input) => {
        const parsed = parseOrderRequest(input);
        expect(parsed).toMatchObject({
          ok: true,
          request: { orderId: orderIdOf(input.tenantId, input.idempotencyKey) },
        });
      }),
    );
    expect(parseOrderRequest({ ...GOOD, schemaVersion: 1, quantity: 0.5, price: '020000.00' })).toEqual({
      ok: true,
      request: { ...GOOD, orderId: orderIdOf('acme', 'key-1') },
    });
  });

  it('is the same after being read again', () => {
    fc.assert(
      fc.property(orderRequest(), (request) => {
        expect(parseOrderRequest(request)).toEqual({ ok: true, request });
      }),
    );
  });

  it('is refused with everything that is wrong with it at once', () => {
    const input = {
      ...GOOD,
      tenantId: 'a/b#c\n',
      side: 'HOLD',
      quantity: -1,
      price: undefined,
      stopPrice: '1e-30',
      exchangeId: 'MTGOX',
      colour: 'red',
      timestamp: 'yesterday',
    };
    expect(new Set(fieldsOf(input))).toEqual(
      new Set(['tenantId', 'side', 'quantity', 'price', 'stopPrice', 'exchangeId', 'colour', 'timestamp']),
    );
  });

  const single: [string, object, string][] = [
    ['a LIMIT order without price', { price: undefined }, 'price'],
    ['a MARKET order with a price', { orderType: 'MARKET' }, 'price'],
    ['a STOP_LIMIT order without stopPrice', { orderType: 'STOP_LIMIT' }, 'stopPrice'],
    ['a TRAILING_STOP without trailingDelta', { orderType: 'TRAILING_STOP', price: undefined }, 'trailingDelta'],
    ['a GTD order without expiresAt', { timeInForce: 'GTD' }, 'expiresAt'],
    ['a GTC order with expiresAt', { expiresAt: '2027-01-01T00:00:00Z' }, 'expiresAt'],
    ['a GTD order that has expired', { timeInForce: 'GTD', expiresAt: '2026-01-31T12:00:00Z' }, 'expiresAt'],
    ['an IOC order that is to rest', { timeInForce: 'IOC', postOnly: true }, 'postOnly'],
    ['a quantity of nothing', { quantity: '0' }, 'quantity'],
    ['a quantity that is no number', { quantity: NaN }, 'quantity'],
    ['a quantity of 40 digits', { quantity: '9'.repeat(40) }, 'quantity'],
    ['a quantity of 19 decimal places', { quantity: '0.0000000000000000001' }, 'quantity'],
    ['a quantity of another type', { quantity: { amount: 1 } }, 'quantity'],
    ['a currency against itself', { assetId: 'BTC/BTC' }, 'assetId'],
    ['a type that is the name of something else', { orderType: 'constructor' }, 'orderType'],
    ['a type that only prints like one', { orderType: ['LIMIT'] }, 'orderType'],
    ['metadata that JSON has no form for', { metadata: { large: 1n } }, 'metadata'],
    ['an instrument in the words of an exchange', { assetId: 'BTCUSDT' }, 'assetId'],
    ['an id that is not derived from the key', { orderId: orderIdOf('acme', 'key-2') }, 'orderId'],
    ['an id of another form', { orderId: '4711' }, 'orderId'],
    ['a key of 10 kB', { idempotencyKey: 'k'.repeat(10_240) }, 'idempotencyKey'],
    ['a key with a slash', { idempotencyKey: 'a/b' }, 'idempotencyKey'],
    ['metadata that is too large', { metadata: { note: 'x'.repeat(METADATA_BYTES_MAX) } }, 'metadata'],
    [
      'metadata that is too large in bytes only',
      { metadata: { note: '€'.repeat(METADATA_BYTES_MAX / 2) } },
      'metadata',
    ],
    ['metadata that is a list', { metadata: [1] }, 'metadata'],
    ['another version of the contract', { schemaVersion: 2 }, 'schemaVersion'],
  ];
  it.each(single)('is refused for %s', (_, fields, field) => {
    const faults = faultsOf({ ...GOOD, ...fields });
    expect(faults.map((fault) => fault.field)).toEqual([field]);
    expect(faults[0]?.message.length).toBeLessThan(300);
  });

  it('is refused when it is no object at all', () => {
    for (const input of [undefined, null, 7, 'order', [], [GOOD], true]) {
      expect(faultsOf(input)).toMatchObject([{ field: '', message: expect.stringContaining('must be a JSON object') }]);
    }
  });

  it('never throws, whatever it is made of', () => {
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true });
    const fields = fc.dictionary(fc.constantFrom(...Object.keys(GOOD), 'metadata', 'postOnly', '__proto__'), anything);
    fc.assert(
      fc.property(fields, (changes) => {
        const parsed = parseOrderRequest({ ...GOOD, ...changes });
        if (!parsed.ok) expect(parsed.faults.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('two orders under one key', () => {
  it('are the same when only their timestamps, or the order of their metadata, differ', () => {
    const one = parsed({ metadata: { a: 1, b: { c: 2, d: 3 } } });
    const other = parsed({ metadata: { b: { d: 3, c: 2 }, a: 1 }, timestamp: '2026-02-01T00:00:00Z' });
    expect(differingFields(one, other)).toEqual([]);
  });

  it('differ in the fields that are named, absent ones included', () => {
    const faults = differingFields(parsed({}), parsed({ price: '20000.5', postOnly: true }));
    expect(faults).toEqual([
      { field: 'price', message: 'is "20000" in the order under this key, "20000.5" in this request' },
      { field: 'postOnly', message: 'is absent in the order under this key, true in this request' },
    ]);
  });

  it('differ in any one field that is changed', () => {
    fc.assert(
      fc.property(orderRequest(), orderRequest(), (one, other) => {
        const fields = Object.keys({ ...one, ...other }).filter(
          (field) => field !== 'timestamp',
        ) as (keyof OrderRequest)[];
        const differing = fields.filter((field) => JSON.stringify(one[field]) !== JSON.stringify(other[field]));
        expect(
          differingFields(one, other)
            .map(({ field }) => field)
            .sort(),
        ).toEqual(differing.sort());
      }),
    );
  });

  function parsed(fields: Partial<OrderRequestInput>): OrderRequest {
    const result = parseOrderRequest({ ...GOOD, ...fields });
    if (!result.ok) throw new Error(JSON.stringify(result.faults));
    return result.request;
  }
});

it('an instrument has a base and a quote, and anything else is refused', () => {
  expect(currenciesOf('1INCH/USDT')).toEqual({ base: '1INCH', quote: 'USDT' });
  for (const text of ['BTC', 'BTC/', '/USDT', 'BTC/USDT/EUR', 'btc/usdt', '']) {
    expect(() => currenciesOf(text)).toThrow(RangeError);
  }
});
