import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { judge } from './aims';
import { openDesk } from './desk';
import { measure, type Plan, SECTIONS, type Section } from './figures';
import { setStage } from './stage';

const ROUNDS_DEFAULT = 4;
/** Loads 100,000 orders: measured only when it is asked for. */
const LONG_SECTION: Section = 'orders-list';
const SECONDS_DEFAULT = 60;
/** Less is all start and end. */
const SECONDS_MIN = 20;

/** Measures the service beside its floor and prints one JSON document (README.md). */
async function main(): Promise<void> {
  const plan = readPlan();
  // As src/platform/process-environment.ts does for the service's own processes.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const loadBefore = loadavg();
  const stage = await setStage();
  try {
    const desk = await openDesk(stage.stack);
    const figures = await measure(desk, stage, plan);
    await desk.close();
    const machine = { cpus: cpus().length, node: process.version, loadBefore, loadAfter: loadavg() };
    process.stdout.write(`${JSON.stringify({ machine, ...figures, aims: judge(figures) }, null, 2)}\n`);
  } finally {
    await stage.close();
  }
}

function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: SECTIONS.filter((name) => name !== LONG_SECTION).join(',') },
      rounds: { type: 'string', default: String(ROUNDS_DEFAULT) },
      seconds: { type: 'string', default: String(SECONDS_DEFAULT) },
    },
  });
  const wanted = values.only.split(',');
  const unknown = wanted.filter((name) => !SECTIONS.includes(name as Section));
  if (unknown.length > 0) throw new RangeError(`--only takes ${SECTIONS.join(', ')}; got ${unknown.join(', ')}.`);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError(`--rounds takes 1 or more, got ${values.rounds}.`);
  const seconds = Number(values.seconds);
  if (!Number.isInteger(seconds) || seconds < SECONDS_MIN) {
    throw new RangeError(`--seconds takes ${SECONDS_MIN} or more, got ${values.seconds}.`);
  }
  return { sections: SECTIONS.filter((name) => wanted.includes(name)), rounds, seconds };
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
