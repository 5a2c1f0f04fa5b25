import { Decimal, formatDecimal, sum } from '../domain/decimal';
import type { Amounts } from '../domain/reconciliation';

/** Sums currency by currency; what comes to nothing is left out. */
export function added(...parts: readonly Amounts[]): Amounts {
  const currencies = new Set(parts.flatMap((part) => Object.keys(part)));
  const totals = [...currencies].map(
    (currency) => [currency, sum(parts.map((part) => part[currency] ?? '0'))] as const,
  );
  return Object.fromEntries(
    totals.filter(([, total]) => total !== '0').sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

export function negated(amounts: Amounts): Amounts {
  return Object.fromEntries(Object.entries(amounts).map(([currency, amount]) => [currency, minus('0', amount)]));
}

export function minus(amount: string, other: string): string {
  return formatDecimal(new Decimal(amount).minus(other));
}
