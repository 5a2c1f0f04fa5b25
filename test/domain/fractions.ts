/** Exact arithmetic that shares nothing with the service's decimals: the model that tests compare it with. */
export interface Fraction {
  top: bigint;
  /** Greater than 0. */
  bottom: bigint;
}

export const NOTHING: Fraction = { top: 0n, bottom: 1n };

/** Reads a decimal in fixed notation. */
export function fraction(decimal: string): Fraction {
  const [, sign = '', whole = '', digits = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? [];
  return { top: BigInt(`${sign}${whole}${digits}`), bottom: 10n ** BigInt(digits.length) };
}

export function plus(one: Fraction, other: Fraction): Fraction {
  return reduced({ top: one.top * other.bottom + other.top * one.bottom, bottom: one.bottom * other.bottom });
}

export function times(one: Fraction, other: Fraction): Fraction {
  return reduced({ top: one.top * other.top, bottom: one.bottom * other.bottom });
}

export function over(one: Fraction, other: Fraction): Fraction {
  const sign = other.top < 0n ? -1n : 1n;
  return reduced({ top: sign * one.top * other.bottom, bottom: sign * one.bottom * other.top });
}

export function negated({ top, bottom }: Fraction): Fraction {
  return { top: -top, bottom };
}

export function minus(one: Fraction, other: Fraction): Fraction {
  return plus(one, negated(other));
}

export function signOf({ top }: Fraction): -1 | 0 | 1 {
  return top > 0n ? 1 : top < 0n ? -1 : 0;
}

export function size(value: Fraction): Fraction {
  return value.top < 0n ? negated(value) : value;
}

export function isLess(one: Fraction, other: Fraction): boolean {
  return signOf(minus(one, other)) < 0;
}

function reduced({ top, bottom }: Fraction): Fraction {
  let [a, b] = [top < 0n ? -top : top, bottom];
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? NOTHING : { top: top / a, bottom: bottom / a };
}
