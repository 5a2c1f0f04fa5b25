import { readFileSync } from 'node:fs';
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import { changedBundle } from '../lives/changed-bundle';
import { testStack } from '../stack/stack';
import { readHistories, recordedNames } from './histories';
import { ORDER_LIVES } from './order-lives';
import { SERVICE_LIVES } from './service-lives';

const TIME_LIMIT_MS = 120_000;
jest.setTimeout(TIME_LIMIT_MS);

beforeAll(() => {
  // What the broken variants make the SDK say is what the tests ask for.
  const logging = { filter: makeTelemetryFilterString({ core: 'ERROR' }) };
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined), telemetryOptions: { logging } });
});

const present = (): string => readFileSync(testStack().workflowBundlePath, 'utf8');

/** The recorded runs that workflows of this code can not go on with, and why. */
async function incompatible(code: string): Promise<string[]> {
  const histories = readHistories();
  const results = Worker.runReplayHistories({ workflowBundle: { code } }, histories);
  const findings: string[] = [];
  let position = 0;
  for await (const { error } of results) {
    const file = histories[position++]?.file ?? '';
    if (error !== undefined) findings.push(`${file}: ${error.message}`);
  }
  expect(position).toBe(histories.length);
  return findings;
}

/** With its payloads decoded. */
function inClear(history: object): string {
  const decoded = (key: string, value: unknown): unknown =>
    key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value;
  return JSON.stringify(history, decoded);
}

test('every kind of life has a recorded history', () => {
  const recorded = recordedNames();
  const missing = [...Object.keys(ORDER_LIVES), ...Object.keys(SERVICE_LIVES)].filter((name) => !recorded.has(name));
  expect(missing).toEqual([]);
});

test('workflows that run now can go on with every life that was ever recorded', async () => {
  expect(await incompatible(present())).toEqual([]);
});

describe('a change that running workflows can not go on with is caught', () => {
  const CHANGES = {
    'an order that is looked up twice': {
      change: changedBundle.looksTwice,
      caught: ['force-reconciled.json', 'stuck-resolved-by-reconcile.json', 'stuck-found-filled.json'],
    },
    'an order that is not looked up after its change failed': {
      change: changedBundle.noLookUpAfterFailedChange,
      caught: ['amendment-failed.json'],
    },
    'a held order that nobody watches': {
      change: changedBundle.noWatch,
      caught: ['held-and-triggered.json', 'held-and-cancelled.json'],
    },
  };

  test.each(Object.entries(CHANGES))('%s', async (_, { change, caught }) => {
    const findings = await incompatible(change(present()));
    for (const file of caught) {
      expect(findings).toContainEqual(expect.stringMatching(new RegExp(`^${file}: .*[Nn]ondeterminism`)));
    }
  });

  test('unless it is patched: then running workflows go on as they began', async () => {
    expect(await incompatible(changedBundle.looksTwicePatched(present()))).toEqual([]);
  });
});

test('histories carry no secret and name no machine', () => {
  const words = /secret|apiKey|password|@[a-z0-9-]+"|\/(home|root|work|tmp)\//i;
  const faulty = readHistories().filter(({ history }) => words.test(inClear(history)));
  expect(faulty.map(({ file }) => file)).toEqual([]);
});
