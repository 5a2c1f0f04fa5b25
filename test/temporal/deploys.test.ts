import { readFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker';
import { activatePatches } from '../../workers/patches';
import { changedBundle, PATCH_ID } from '../lives/changed-bundle';
import type { RunningWorkers, WorkersAt } from '../lives/desk-workers';
import { startActivityWorkers, startOrderWorker } from '../lives/desk-workers';
import { anOrder, PlayedOrder } from '../lives/played-order';
import { ScriptedDesk } from '../lives/scripted-desk';
import { eventually } from '../stack/eventually';
import { freshNamespace } from '../stack/namespace';
import { testStack } from '../stack/stack';

const TIME_LIMIT_MS = 120_000;
jest.setTimeout(TIME_LIMIT_MS);

const WHO = { reason: 'a look', requestedBy: 'ada' };
const CHANGED = `ExecutionStatus = "Running" AND TemporalChangeVersion = "${PATCH_ID}"`;

/** The version that orders were opened with, and the next one, with its change off and on. */
type Version = 'old' | 'new, change inactive' | 'new, change active';

describe('orders that are open while versions of the workers change', () => {
  const desk = new ScriptedDesk();
  let at: WorkersAt;
  let connection: Connection;
  let client: Client;
  let activities: RunningWorkers;
  let running: RunningWorkers | undefined;

  beforeAll(async () => {
    // The old version says on every task that it can not go on with what the new one has done.
    const logging = { filter: makeTelemetryFilterString({ core: 'ERROR' }) };
    Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined), telemetryOptions: { logging } });
    const { temporalAddress: address } = testStack();
    const namespace = await freshNamespace(address, 'deploys');
    at = { connection: await NativeConnection.connect({ address }), namespace };
    connection = await Connection.connect({ address });
    client = new Client({ connection, namespace });
    activities = await startActivityWorkers(at, desk.activities);
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });
  afterAll(async () => {
    await activities?.stop();
    await at?.connection.close();
    await connection?.close();
  });

  async function deploy(version: Version): Promise<void> {
    await running?.stop();
    const present = readFileSync(testStack().workflowBundlePath, 'utf8');
    const code = version === 'old' ? present : changedBundle.looksTwicePatched(present);
    const patchActivationCallback = activatePatches(version === 'new, change inactive' ? [PATCH_ID] : []);
    running = await startOrderWorker(at, { code }, { patchActivationCallback });
  }

  async function opened(key: string): Promise<PlayedOrder> {
    const order = new PlayedOrder(client, desk, anOrder(key));
    expect(await order.submit()).toMatchObject({ status: 'OPEN' });
    return order;
  }

  /** How often the exchange was asked by one look at the order. */
  async function looksAt(order: PlayedOrder): Promise<number> {
    const before = desk.callsOf(order, 'sync');
    expect(await order.ask('forceReconcile', WHO)).toMatchObject({ status: 'OPEN' });
    return desk.callsOf(order, 'sync') - before;
  }

  async function endsRight(order: PlayedOrder): Promise<void> {
    await order.hear(order.record.fillRest());
    expect(await order.handle.result()).toMatchObject({ status: 'FILLED', filledQuantity: '1' });
  }

  test('go on with the new version, and with the old one again as long as the change was never active', async () => {
    await deploy('old');
    const [first, second] = [await opened('first'), await opened('second')];
    await deploy('new, change inactive');
    const third = await opened('third');
    expect([await looksAt(first), await looksAt(third)]).toEqual([1, 1]);
    await deploy('old');
    expect([await looksAt(first), await looksAt(second), await looksAt(third)]).toEqual([1, 1, 1]);
    await Promise.all([first, second, third].map(endsRight));
  });

  test('that took the active change keep it when it is made inactive again, and no other takes it', async () => {
    await deploy('old');
    const [changed, untouched] = [await opened('changed'), await opened('untouched')];
    await deploy('new, change active');
    expect(await looksAt(changed)).toBe(2);
    await eventually(async () => expect((await client.workflow.count(CHANGED)).count).toBe(1));
    await deploy('new, change inactive');
    expect([await looksAt(changed), await looksAt(untouched)]).toEqual([2, 1]);
    await Promise.all([changed, untouched].map(endsRight));
    await eventually(async () => expect((await client.workflow.count(CHANGED)).count).toBe(0));
  });

  test('wait unharmed under an old version that does not know their change, until one comes that does', async () => {
    await deploy('new, change active');
    const order = await opened('too-new');
    expect(await looksAt(order)).toBe(2);
    await deploy('old');
    await order.hear(order.record.fillRest());
    await eventually(async () => {
      const { events } = await order.handle.fetchHistory();
      expect(events?.some(({ workflowTaskFailedEventAttributes }) => workflowTaskFailedEventAttributes)).toBe(true);
    });
    await deploy('new, change inactive');
    expect(await order.handle.result()).toMatchObject({ status: 'FILLED' });
  });
});
