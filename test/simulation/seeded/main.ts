import { join } from 'node:path';
import { startOwnStack } from '../../stack/own-stack';
import type { Report } from './lane';
import { type Plan, readPlan } from './plan';
import { describeSchedule, drawSchedule } from './schedule';
import { runSeeds } from './seeds';

/** Runs seeds of the fault simulation and says of each how it went (README.md). */
async function main(): Promise<void> {
  const plan = readPlan(process.argv.slice(2));
  const own = await startOwnStack();
  process.env['AUDIT_SPOOL_DIRECTORY'] = join(own.directory, 'audit');
  try {
    const isEnough = (report: Report): boolean => plan.plant !== undefined && report.findings.length > 0;
    const onReport = (report: Report): void => print(report, plan);
    const reports = await runSeeds(own.stack, { ...plan, isEnough, onReport });
    const failed = reports.filter(({ findings }) => findings.length > 0);
    say([
      `${reports.length} seeds, ${failed.length} of them not clean${failed.length > 0 ? `: ${seedsOf(failed)}` : ''}`,
    ]);
    process.exitCode = failed.length > 0 === (plan.plant !== undefined) ? 0 : 1;
  } finally {
    await own.close();
  }
}

function print(report: Report, { orders, plant, verbose }: Plan): void {
  const { seed, seconds, placements, fills, harmed, findings, outcomes } = report;
  const counts = `${orders} orders, ${placements} placements, ${fills} fills, ${harmed} faults, ${seconds.toFixed(1)} s`;
  const again = `npm run simulate -- --seed ${seed} --orders ${orders}${plant === undefined ? '' : ` --plant ${plant}`}`;
  const verdict = findings.length === 0 ? `clean (${counts})` : `NOT CLEAN (${counts}); again: ${again}`;
  say([`seed ${seed}: ${verdict}`, ...findings.map((finding) => `  ${finding}`)]);
  if (findings.length === 0 && !verbose) return;
  say([
    ...describeSchedule(drawSchedule(seed, orders)).map((line) => `    ${line}`),
    '    what came of it:',
    ...outcomes.map((line) => `    ${line}`),
  ]);
}

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function seedsOf(reports: readonly Report[]): string {
  return reports.map(({ seed }) => seed).join(', ');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
