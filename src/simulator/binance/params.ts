import { Decimal } from '../../domain/decimal';
import { errors } from './binance-error';

const DECIMAL = /^([0-9]{1,20})(\.[0-9]{1,20})?$/;
const LONG = /^[0-9]{1,19}$/;
const SYMBOL_PATTERN = '^[A-Z0-9-_.]{1,20}$';
const SYMBOL = /^[\p{L}\p{N}\-_.]{1,20}$/u;
/** 16 digits and more are microseconds (rest-api.md: timestamps come in ms or µs). */
const MICROSECOND_DIGITS_MIN = 16;

/** The parameters of one request, each read and checked by name. */
export class Params {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /**
   * Parameters as sent in query string and body; the query string wins.
   * @throws BinanceError -1101 when one part has the same parameter twice
   */
  static parse(query: string, body: string): Params {
    const values = new Map<string, string>();
    for (const part of [body, query]) {
      const seen = new Set<string>();
      for (const [name, value] of new URLSearchParams(part)) {
        if (seen.has(name)) throw errors.duplicateValues();
        seen.add(name);
        values.set(name, value);
      }
    }
    return new Params(values);
  }

  names(): string[] {
    return [...this.#values.keys()];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    if (value === '') throw errors.emptyParameter(name);
    return value;
  }

  mandatory(name: string): string {
    const value = this.#values.get(name);
    if (value === undefined || value === '') throw errors.mandatory(name);
    return value;
  }

  symbol(): string {
    const value = this.mandatory('symbol');
    if (!SYMBOL.test(value)) throw errors.illegalCharacters('symbol', SYMBOL_PATTERN);
    return value;
  }

  decimal(name: string): string | undefined {
    const value = this.text(name);
    if (value !== undefined && !DECIMAL.test(value)) throw errors.illegalCharacters(name, DECIMAL.source);
    return value;
  }

  long(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!LONG.test(value)) throw errors.illegalCharacters(name, '^[0-9]{1,20}$');
    return Number(value);
  }

  /** An instant in ms, sent in ms or µs. */
  timestampMs(name: string): number | undefined {
    const value = this.text(name);
    const sent = this.long(name);
    if (value === undefined || sent === undefined) return undefined;
    return value.length >= MICROSECOND_DIGITS_MIN ? sent / 1000 : sent;
  }

  boolean(name: string): boolean | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (value !== 'true' && value !== 'false') throw errors.invalidData(name);
    return value === 'true';
  }

  oneOf<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const known = values.find((each) => each === value);
    if (known === undefined) throw errors.invalidData(name);
    return known;
  }

  /** `symbols=["A","B"]`. */
  list(name: string): string[] | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    try {
      const parsed: unknown = JSON.parse(value.startsWith('[') ? value : JSON.stringify([value]));
      if (Array.isArray(parsed) && parsed.every((each) => typeof each === 'string')) return parsed;
    } catch {
      throw errors.invalidData(name);
    }
    throw errors.invalidData(name);
  }
}

/** Decimal places written, trailing zeros left out. */
export function decimalPlaces(value: string): number {
  return new Decimal(value).decimalPlaces();
}
