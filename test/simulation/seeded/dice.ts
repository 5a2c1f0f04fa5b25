import { Decimal, formatDecimal } from '../../../src/domain/decimal';
import type { Random } from '../../../src/platform/random';

/** What a schedule is drawn with; all of it follows from one seed. */
export class Dice {
  constructor(private readonly random: Random) {}

  chance(probability: number): boolean {
    return this.random.fraction() < probability;
  }

  /** A whole number, both bounds included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.random.fraction() * (max - min + 1));
  }

  one<const T>(values: readonly [T, ...T[]]): T {
    return values[this.between(0, values.length - 1)] ?? values[0];
  }

  /** By weight: `[[3, 'often'], [1, 'seldom']]`. */
  weighted<T>(choices: readonly [[number, T], ...[number, T][]]): T {
    let left = this.random.fraction() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of choices) if ((left -= weight) < 0) return value;
    return choices[0][1];
  }

  /** `center` moved by -bips to +bips of it, as a multiple of `step`. */
  near(center: string, [minBips, maxBips]: readonly [number, number], step: string): string {
    const moved = new Decimal(center).times(10_000 + this.between(minBips, maxBips)).div(10_000);
    return formatDecimal(moved.div(step).round().times(step));
  }
}
