import { parseArgs } from 'node:util';
import { type Plant, PLANTS } from './planted-bugs';

/** What the command line asks for. */
export interface Plan {
  seeds: number[];
  orders: number;
  lanes: number;
  plant?: Plant;
  /** Says of clean seeds too what was done and what came of it. */
  verbose: boolean;
}

const COUNT_MAX = 100_000;

/** @throws RangeError that says which argument can't be used */
export function readPlan(args: string[]): Plan {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      orders: { type: 'string', default: '20' },
      lanes: { type: 'string', default: '2' },
      plant: { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const { seed, seeds, plant } = values;
  if ((seed === undefined) === (seeds === undefined)) throw new RangeError('Give --seed N or --seeds A-B.');
  if (plant !== undefined && !PLANTS.some((name) => name === plant))
    throw new RangeError(`--plant takes ${PLANTS.join(' or ')}, got ${plant}.`);
  return {
    seeds: seed === undefined ? rangeOf(seeds ?? '') : [countOf('--seed', seed)],
    orders: countOf('--orders', values.orders),
    lanes: countOf('--lanes', values.lanes),
    verbose: values.verbose,
    ...(plant !== undefined && { plant: plant as Plant }),
  };
}

function rangeOf(text: string): number[] {
  const [first, last, ...more] = text.split('-').map((bound) => countOf('--seeds', bound));
  if (first === undefined || last === undefined || more.length > 0 || last < first)
    throw new RangeError(`--seeds takes a range like 1-150, got ${text}.`);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function countOf(name: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= COUNT_MAX) return count;
  throw new RangeError(`${name} takes whole numbers from 1 to ${COUNT_MAX}, got ${text}.`);
}
