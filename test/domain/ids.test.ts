import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  clientOrderIdOf,
  hyphenatedClientOrderId,
  isOrderId,
  orderIdOf,
  orderOfClientOrderId,
  sha256Hex,
} from '../../src/domain/ids';
import { name, tenantId } from '../properties/generators';

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('an orderId', () => {
  it('is what the contract says, computed another way', () => {
    fc.assert(
      fc.property(tenantId(), name(), (tenant, key) => {
        const hex = createHash('sha256').update(`${tenant}/${key}`, 'utf8').digest('hex').slice(0, 30);
        const variant = ((parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
        const expected = `${hex.slice(0, 12)}4${hex.slice(13, 16)}${variant}${hex.slice(17)}00`;
        expect(orderIdOf(tenant, key).replaceAll('-', '')).toBe(expected);
      }),
    );
  });

  it('stays what it is from release to release', () => {
    expect(orderIdOf('demo', 'first-order')).toBe('e6933f5f-e0e8-4def-8267-f8d6f70f5e00');
  });

  it('is a version 4 UUID that ends in 00, and is known as ours', () => {
    fc.assert(
      fc.property(tenantId(), name(), (tenant, key) => {
        const id = orderIdOf(tenant, key);
        expect(id).toMatch(UUID_V4);
        expect(id.endsWith('00')).toBe(true);
        expect(isOrderId(id)).toBe(true);
      }),
    );
  });

  it('tells tenant from key: moving characters between them gives another order', () => {
    expect(orderIdOf('a', 'b1')).not.toBe(orderIdOf('ab', '1'));
  });

  it('is not every text that looks like one', () => {
    const id = orderIdOf('demo', 'k');
    const others = [
      '',
      'x',
      id.toUpperCase(),
      id.slice(0, -1),
      `${id}0`,
      id.replace(/00$/, '01'),
      `${id}#fill#1`,
      `${id}\n`,
    ];
    for (const other of others) expect(isOrderId(other)).toBe(false);
  });
});

describe('a client order id', () => {
  it('names its order and generation, with and without hyphens', () => {
    fc.assert(
      fc.property(tenantId(), name(), fc.nat({ max: 255 }), (tenant, key, generation) => {
        const orderId = orderIdOf(tenant, key);
        const id = clientOrderIdOf(orderId, generation);
        expect(id).toMatch(/^[0-9a-f]{32}$/);
        expect(hyphenatedClientOrderId(id)).toMatch(UUID_V4);
        expect(orderOfClientOrderId(id)).toEqual({ orderId, generation });
        expect(orderOfClientOrderId(hyphenatedClientOrderId(id))).toEqual({ orderId, generation });
      }),
    );
  });

  it('is that of the order itself in generation 0', () => {
    const orderId = orderIdOf('demo', 'k');
    expect(hyphenatedClientOrderId(clientOrderIdOf(orderId, 0))).toBe(orderId);
  });

  it('has no generation that does not fit its last byte', () => {
    for (const generation of [-1, 256, 1.5, NaN]) {
      expect(() => clientOrderIdOf(orderIdOf('demo', 'k'), generation)).toThrow(/not within 0 to 255/);
    }
  });

  it('of somebody else is not taken for ours', () => {
    const foreign = ['', 'web_4f1c', 'x-R4BD3S82e0b7a1', '0'.repeat(32), 'g'.repeat(32), '12345678901234567890'];
    for (const id of foreign) expect(orderOfClientOrderId(id)).toBeUndefined();
  });
});

it('a hash is SHA-256 over UTF-8, as hex', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(sha256Hex(text)).toBe(createHash('sha256').update(text, 'utf8').digest('hex'));
    }),
  );
});
