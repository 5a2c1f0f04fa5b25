import { Decimal as Base } from 'decimal.js';

/**
 * The one decimal arithmetic of the service. Precision 60, because the library's default of 20 significant digits
 * silently rounds the product of a price and a quantity; never exponent notation, because exchanges refuse it.
 */
export const Decimal = Base.clone({ precision: 60, rounding: Base.ROUND_HALF_EVEN, toExpNeg: -1000, toExpPos: 1000 });
export type Decimal = InstanceType<typeof Decimal>;

/** A price, quantity or amount outside of arithmetic: fixed notation, no exponent, no trailing zeros ("0.015"). */
export type DecimalString = string;

/** What a caller may hand in: a string, or a JSON number that a double carries exactly (at most 15 significant digits). */
export type DecimalInput = string | number;

export const INTEGER_DIGITS_MAX = 20;
export const FRACTION_DIGITS_MAX = 18;
const EXACT_NUMBER_DIGITS_MAX = 15;
const FIXED_NOTATION = /^-?\d{1,60}(\.\d{1,60})?$/;

export const ZERO: Decimal = new Decimal(0);

/**
 * Says what keeps `input` from being a decimal of this service, or undefined when it is one.
 * A sentence without subject, so that the caller can put the field's name before it.
 */
export function decimalFault(input: unknown): string | undefined {
  if (typeof input !== 'string' && typeof input !== 'number') {
    return `must be a decimal as a string (or a number), got ${input === null ? 'null' : typeof input}`;
  }
  if (typeof input === 'number' && !Number.isFinite(input)) return `must be a finite decimal, got ${input}`;
  if (typeof input === 'string' && !FIXED_NOTATION.test(input)) {
    return `must be a decimal in fixed notation like "0.015", got ${JSON.stringify(input.slice(0, 80))}`;
  }
  const value = new Decimal(input);
  if (typeof input === 'number' && value.precision() > EXACT_NUMBER_DIGITS_MAX) {
    return `has more digits than a JSON number carries exactly (${input}): send it as a string`;
  }
  if (value.decimalPlaces() > FRACTION_DIGITS_MAX) {
    return `has ${value.decimalPlaces()} decimal places, at most ${FRACTION_DIGITS_MAX} are possible`;
  }
  const integerDigits = value.abs().trunc().toFixed().length;
  if (integerDigits > INTEGER_DIGITS_MAX) {
    return `has ${integerDigits} digits before the point, at most ${INTEGER_DIGITS_MAX} are possible`;
  }
  return undefined;
}

/**
 * Reads a decimal from outside of the service.
 * @throws RangeError when `decimalFault` finds a fault
 */
export function parseDecimal(input: unknown): Decimal {
  const fault = decimalFault(input);
  if (fault !== undefined) throw new RangeError(`The value ${fault}.`);
  return new Decimal(input as DecimalInput);
}

/** The one way a decimal leaves arithmetic: fixed notation without trailing zeros. */
export function formatDecimal(value: Decimal): DecimalString {
  return value.isZero() ? '0' : value.toFixed();
}

const MINUS = '-'.charCodeAt(0);
const ZERO_DIGIT = '0'.charCodeAt(0);

/**
 * What formatDecimal(parseDecimal(text)) gives, read from the digits alone: for streams, where each message brings half
 * a dozen amounts. Undefined where `decimalFault` finds a fault.
 */
export function canonicalDecimal(text: string): DecimalString | undefined {
  if (!FIXED_NOTATION.test(text)) return undefined;
  const isNegative = text.charCodeAt(0) === MINUS;
  const point = text.indexOf('.');
  const integerEnd = point < 0 ? text.length : point;
  let start = isNegative ? 1 : 0;
  while (start < integerEnd - 1 && text.charCodeAt(start) === ZERO_DIGIT) start += 1;
  let end = text.length;
  while (end > integerEnd + 1 && text.charCodeAt(end - 1) === ZERO_DIGIT) end -= 1;
  const fractionDigits = Math.max(0, end - integerEnd - 1);
  if (integerEnd - start > INTEGER_DIGITS_MAX || fractionDigits > FRACTION_DIGITS_MAX) return undefined;
  const digits = text.slice(start, fractionDigits === 0 ? integerEnd : end);
  return isNegative && digits !== '0' ? `-${digits}` : digits;
}

/** Exact sum of decimal strings. */
export function sum(values: readonly DecimalString[]): DecimalString {
  return formatDecimal(values.reduce((total, value) => total.plus(value), ZERO));
}

/** For people's eyes only: at most `significantDigits` digits, never to compute with. */
export function roundForDisplay(value: DecimalString, significantDigits = 10): string {
  return formatDecimal(new Decimal(value).toSignificantDigits(significantDigits));
}
