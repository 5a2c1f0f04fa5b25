import fc from 'fast-check';
import { canonicalDecimal, Decimal, decimalFault, formatDecimal, parseDecimal, sum } from '../../src/domain/decimal';
import { fraction, times, type Fraction } from './fractions';

const units = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n });
/** Any value of 20 digits before the point and 18 behind it, written out by hand. */
const decimalText = units.map((value) => {
  const digits = (value < 0n ? -value : value).toString().padStart(19, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -18)}.${digits.slice(-18)}`;
});

const equals = (one: Fraction, other: Fraction): boolean => one.top * other.bottom === other.top * one.bottom;

describe('decimals', () => {
  it('are exact where doubles are not', () => {
    expect(sum(['0.1', '0.2'])).toBe('0.3');
    expect(formatDecimal(new Decimal('99999999999999999999').times('0.000000000000000001'))).toBe(
      '99.999999999999999999',
    );
  });

  it('survive reading and writing without a change of value, in fixed notation without superfluous zeros', () => {
    fc.assert(
      fc.property(decimalText, (text) => {
        const written = formatDecimal(parseDecimal(text));
        expect(equals(fraction(written), fraction(text))).toBe(true);
        expect(written).toMatch(/^(0|-?(0|[1-9]\d*)(\.\d*[1-9])?)$/);
        expect(formatDecimal(parseDecimal(written))).toBe(written);
      }),
    );
  });

  it('are brought into their one form from the digits alone as by arithmetic, and refused where that refuses', () => {
    const zeros = fc.integer({ min: 0, max: 45 }).map((count) => '0'.repeat(count));
    const digits = fc.bigInt({ min: 0n, max: 10n ** 21n }).map(String);
    const sign = fc.constantFrom('', '-');
    const texts = fc.tuple(sign, zeros, digits, fc.constantFrom('', '.'), zeros, digits, zeros);
    const written = fc.oneof(
      texts.map((parts) => parts.join('')),
      fc.string(),
      decimalText,
    );
    fc.assert(
      fc.property(written, (text) => {
        const expected = decimalFault(text) === undefined ? formatDecimal(parseDecimal(text)) : undefined;
        expect(canonicalDecimal(text)).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
    for (const text of ['0', '-0', '0.0', '-0.00', '00.10', '1.', '.1', '']) {
      expect(canonicalDecimal(text)).toBe(
        decimalFault(text) === undefined ? formatDecimal(parseDecimal(text)) : undefined,
      );
    }
  });

  it('add up and multiply exactly over the whole range', () => {
    fc.assert(
      fc.property(decimalText, decimalText, (one, other) => {
        const [a, b] = [fraction(one), fraction(other)];
        const total = { top: a.top * b.bottom + b.top * a.bottom, bottom: a.bottom * b.bottom };
        expect(equals(fraction(sum([one, other])), total)).toBe(true);
      }),
    );
    // A product of price and quantity of 30 digits each fits the precision of 60.
    const half = fc.bigInt({ min: 1n, max: 10n ** 30n - 1n }).map((value) => `0.${value.toString().padStart(30, '0')}`);
    fc.assert(
      fc.property(half, half, (one, other) => {
        const product = formatDecimal(new Decimal(one).times(other));
        expect(equals(fraction(product), times(fraction(one), fraction(other)))).toBe(true);
      }),
    );
  });

  it('are read from numbers only where JSON carries the number exactly', () => {
    expect(formatDecimal(parseDecimal(0.1))).toBe('0.1');
    expect(formatDecimal(parseDecimal(123456789012345))).toBe('123456789012345');
    expect(decimalFault(0.1 + 0.2)).toMatch(/send it as a string/);
    expect(decimalFault(2 ** 53 + 2)).toMatch(/send it as a string/);
  });

  it('are refused with a reason that shows the value', () => {
    const refused: [unknown, RegExp][] = [
      [NaN, /finite.*NaN/],
      [Infinity, /finite.*Infinity/],
      ['', /fixed notation.*""/],
      ['1e5', /fixed notation.*"1e5"/],
      ['0x10', /fixed notation/],
      [' 1', /fixed notation/],
      ['1.', /fixed notation/],
      ['.5', /fixed notation/],
      ['1,5', /fixed notation/],
      ['+1', /fixed notation/],
      ['١', /fixed notation/],
      ['0.0000000000000000001', /19 decimal places/],
      ['123456789012345678901', /21 digits before the point/],
      ['9'.repeat(40), /40 digits/],
      ['9'.repeat(10_000), /fixed notation/],
      [1e-30, /decimal places/],
      [null, /got null/],
      [undefined, /got undefined/],
      [{}, /got object/],
      [[1], /got object/],
      [1n, /got bigint/],
      [true, /got boolean/],
    ];
    for (const [input, reason] of refused) {
      expect(decimalFault(input)).toMatch(reason);
      expect(() => parseDecimal(input)).toThrow(RangeError);
      expect(decimalFault(input)!.length).toBeLessThan(200);
    }
  });

  it('take zeros in excess and a negative zero for what they are', () => {
    expect(['007', '1.50', '-0', '0.000'].map((text) => formatDecimal(parseDecimal(text)))).toEqual([
      '7',
      '1.5',
      '0',
      '0',
    ]);
    expect(decimalFault('1.0000000000000000000')).toBeUndefined();
  });
});
