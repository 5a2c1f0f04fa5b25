import '../exchanges/real-ccxt';
import { testStack } from '../stack/stack';
import type { Report } from './seeded/lane';
import { type Plant, PLANTS } from './seeded/planted-bugs';
import { runSeeds } from './seeded/seeds';
import { describeSchedule, drawSchedule } from './seeded/schedule';

const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);
const ORDERS = 20;
/** What must be said of each planted bug, and the seed to begin with: one that has found it. */
const CLUES: Record<Plant, { firstSeed: number; says: RegExp }> = {
  'book-twice': { firstSeed: 1, says: /was changed \d+ times for \d+ fills/ },
  'resend-on-unknown': { firstSeed: 1, says: /was sent 2 times|status is REJECTED here/ },
};
const SEEDS_MAX = 20;
/** About 60 s on two idle cores; many times as long where others compute beside it. */
const TEST_LIMIT_MS = 900_000;

test(
  'ten seeds of random orders in random trouble end clean: exchange, records and workflows agree, and everybody is answered',
  async () => {
    const reports = await runSeeds(testStack(), { seeds: SEEDS, orders: ORDERS, lanes: 2, onReport: tell });
    expect(reports.flatMap(({ seed, findings }) => findings.map((finding) => `seed ${seed}: ${finding}`))).toEqual([]);
    expect(reports.map(({ seed }) => seed)).toEqual(SEEDS);
    expect(reports.reduce((sum, { harmed }) => sum + harmed, 0)).toBeGreaterThan(SEEDS.length);
  },
  TEST_LIMIT_MS,
);

test.each(PLANTS)(
  'a bug that was planted on purpose, %s, is found within twenty seeds',
  async (plant) => {
    const { firstSeed, says } = CLUES[plant];
    const isEnough = ({ findings }: Report): boolean => findings.some((finding) => says.test(finding));
    const seeds = Array.from({ length: SEEDS_MAX }, (_, index) => firstSeed + index);
    const plan = { seeds, orders: ORDERS, lanes: 1, plant, isEnough };
    const reports = await runSeeds(testStack(), plan);
    const found = reports.filter(isEnough);
    process.stderr.write(`  ${plant} was found by seed ${found[0]?.seed}\n`);
    expect(found).toHaveLength(1);
  },
  TEST_LIMIT_MS,
);

test('the same seed draws the same orders, steps and faults, and another seed others', () => {
  expect(describeSchedule(drawSchedule(7, ORDERS))).toEqual(describeSchedule(drawSchedule(7, ORDERS)));
  expect(describeSchedule(drawSchedule(7, ORDERS))).not.toEqual(describeSchedule(drawSchedule(8, ORDERS)));
});

function tell({ seed, seconds, placements, fills, harmed, findings, outcomes }: Report): void {
  const verdict = findings.length === 0 ? 'clean' : 'NOT CLEAN';
  const counts = `${placements} placements, ${fills} fills, ${harmed} faults, ${seconds.toFixed(1)} s`;
  process.stderr.write(`  seed ${seed}: ${verdict} (${counts})\n`);
  if (findings.length === 0) return;
  const story = [...findings, ...describeSchedule(drawSchedule(seed, ORDERS)), ...outcomes];
  process.stderr.write(`${story.map((line) => `    ${line}`).join('\n')}\n`);
}
