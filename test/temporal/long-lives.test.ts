import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { callTemporal } from '../../src/client/temporal-call';
import type { OrderResponse } from '../../src/domain/order';
import { parseOrderRequest } from '../../src/domain/order-request';
import { systemClock } from '../../src/platform/clock';
import { ORDERS_TASK_QUEUE } from '../../workflows/order/contract';
import type { RunningWorkers, WorkersAt } from '../lives/desk-workers';
import { startActivityWorkers, startOrderWorker } from '../lives/desk-workers';
import { startDevServer, startTimeSkippingServer } from '../lives/own-server';
import { anOrder, PlayedOrder } from '../lives/played-order';
import { absent, accepted, acceptedAsGtd, ended, held, type Script, unknown } from '../lives/script';
import { ScriptedDesk } from '../lives/scripted-desk';
import { eventually } from '../stack/eventually';
import { testStack } from '../stack/stack';

const DAY_MS = 86_400_000;
/** Instead of Temporal's 4,096: an order that would take hours to get there does so in a second. */
const EVENTS_ASKED = 60;
const TIME_LIMIT_MS = 120_000;
jest.setTimeout(TIME_LIMIT_MS);

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
});

/** A desk of scripted orders in an environment of its own. */
class Stage {
  private workers: RunningWorkers[] = [];
  private constructor(
    readonly environment: TestWorkflowEnvironment,
    private readonly scripts: Map<string, Script>,
    readonly desk: ScriptedDesk,
  ) {}

  static async open(environment: TestWorkflowEnvironment): Promise<Stage> {
    const scripts = new Map<string, Script>();
    const stage = new Stage(environment, scripts, new ScriptedDesk(scripts));
    const at: WorkersAt = { connection: environment.nativeConnection, namespace: environment.namespace ?? 'default' };
    stage.workers = await Promise.all([
      startActivityWorkers(at, stage.desk.activities),
      startOrderWorker(at, { codePath: testStack().workflowBundlePath }),
    ]);
    return stage;
  }

  order(key: string, script: Script = {}, changes: Parameters<typeof anOrder>[1] = {}): PlayedOrder {
    this.scripts.set(key, script);
    return new PlayedOrder(this.environment.client, this.desk, anOrder(key, changes));
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((workers) => workers.stop()));
    await this.environment.teardown();
  }
}

describe('an order whose history gets too long goes on in a new run', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open(await startDevServer(EVENTS_ASKED));
  });
  afterAll(() => stage?.close());

  /** Until the order is in another run than the given one. */
  async function renewed(order: PlayedOrder, runId: string): Promise<string> {
    return await eventually(async () => {
      const present = await order.runId();
      expect(present).not.toBe(runId);
      return present;
    });
  }

  test('5,000 fills later all are counted, the last 100 shown, and submit still has its first answer', async () => {
    const [fills, atOnce] = [5_000, 25];
    const order = stage.order('5000', {}, { quantity: String(fills) });
    const acknowledged = await order.submit();
    const first = await order.runId();
    const answers: OrderResponse[] = [];
    for (let told = 0; told < fills - atOnce; told += atOnce) {
      await order.hear(order.record.fill(atOnce, '1'));
      if (told % 500 === 0) answers.push(await order.submit());
    }
    expect(answers.every((answer) => JSON.stringify(answer) === JSON.stringify(acknowledged))).toBe(true);
    expect(await order.runId()).not.toBe(first);
    expect(await order.state()).toMatchObject({ status: 'PARTIALLY_FILLED', fillCount: fills - atOnce });
    await order.hear(order.record.fill(atOnce, '1'));
    const result = await order.handle.result();
    expect(result).toMatchObject({ status: 'FILLED', filledQuantity: String(fills), fillCount: fills });
    expect(result.fills.map(({ executionId }) => Number(executionId))).toEqual(
      Array.from({ length: 100 }, (_, position) => fills - 99 + position),
    );
    expect(stage.desk.callsOf(order, 'submit')).toBe(1);
  });

  test('what is asked while it changes runs is answered, and a cancel ends it', async () => {
    const order = stage.order('asked');
    const acknowledged = await order.submit();
    const asked: Promise<OrderResponse>[] = [];
    for (let round = 0; round < 60; round++) {
      await order.hear(order.record.fill(1, '0.001'));
      asked.push(order.submit());
      if (round % 20 === 10) asked.push(order.ask('modify', { newPrice: String(20_000 + round) }));
    }
    const answers = await Promise.all(asked);
    const modified = answers.filter(({ status }) => status !== acknowledged.status);
    expect(answers.filter(({ status }) => status === 'OPEN')).toEqual(Array(60).fill(acknowledged));
    expect(modified.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    const { price, fillCount } = await order.state();
    expect(['20010', '20030', '20050']).toContain(price); // they were asked for at once, in no order
    expect(stage.desk.callsOf(order, 'modify')).toBe(3);
    expect(fillCount).toBe(60);
    expect(await order.ask('cancel', { reason: 'enough' })).toMatchObject({ status: 'CANCELLED' });
    expect(await order.handle.result()).toMatchObject({ status: 'CANCELLED', filledQuantity: '0.06' });
  });

  test('one whose submission stays in doubt keeps its doubt, and its cancel, until the exchange answers', async () => {
    let answers = false;
    const order = stage.order('doubt', {
      submit: [(record) => (answers ? accepted(record) : unknown(record))],
      sync: [absent],
    });
    const submitted = order.submit();
    submitted.catch(() => undefined);
    const { client } = stage.environment;
    const patient = callTemporal({ client, clock: systemClock }, 'submitting', { timeoutMs: TIME_LIMIT_MS }, () =>
      order.submit(),
    );
    await order.stuck();
    const first = await order.runId();
    const { stuckSince } = await order.state();
    await order.handle.signal('cancel', { reason: 'not wanted any more', requestedBy: 'risk' });
    for (let looks = 0; looks < 6; looks++)
      await order.handle.signal('forceReconcile', { reason: 'and now?', requestedBy: 'ada' });
    const refused = { cause: { type: 'ANSWER_PENDING' } };
    await expect(submitted).rejects.toMatchObject(refused);
    await renewed(order, first);
    expect(await order.state()).toMatchObject({ status: 'PENDING', stuckSince });
    answers = true;
    const acknowledged = await order.submit().catch(() => order.submit());
    expect(acknowledged).toMatchObject({ exchangeOrderId: '42' });
    expect(await patient).toEqual(acknowledged);
    const result = await order.handle.result();
    expect(result).toMatchObject({ status: 'CANCELLED' });
    expect(result.stuckSince).toBeUndefined();
  });

  test('one that the service itself has to end in time is ended in its next run', async () => {
    const expiresAt = new Date(Date.now() + 6_000).toISOString();
    const order = stage.order(
      'gtd',
      { submit: [acceptedAsGtd], cancel: [ended('EXPIRED')] },
      { timeInForce: 'GTD', expiresAt },
    );
    await order.submit();
    await order.hearUntilRenewed();
    expect(await order.handle.result()).toMatchObject({ status: 'EXPIRED', emulated: ['GTD'] });
  });

  test('one that its fills prove before the exchange has answered is ended in time all the same', async () => {
    const expiresAt = new Date(Date.now() + 8_000).toISOString();
    const order = stage.order(
      'filled-first',
      { submit: [unknown, unknown, acceptedAsGtd], cancel: [ended('EXPIRED')] },
      { timeInForce: 'GTD', expiresAt },
    );
    await order.start();
    await order.stuck();
    await order.hear(order.record.fill(1, '0.3'));
    expect(await order.handle.result()).toMatchObject({ status: 'EXPIRED', filledQuantity: '0.3', emulated: ['GTD'] });
  });

  test('what was accepted once is not checked anew, however strict the rules have become', async () => {
    const order = stage.order('accepted');
    const parsed = parseOrderRequest(order.input);
    if (!parsed.ok) throw new Error('the order is faulty');
    const record = stage.desk.orderOf(parsed.request);
    record.change({ phase: 'OPEN', exchangeOrderId: '42' });
    await stage.environment.client.workflow.start('order', {
      workflowId: order.handle.workflowId,
      taskQueue: ORDERS_TASK_QUEUE,
      args: [
        { ...order.input, assetId: 'no longer an instrument' },
        { state: record.whole, stuckAfterMs: 1_000 },
      ],
    });
    await order.hear(record.fillRest());
    expect(await order.handle.result()).toMatchObject({ status: 'FILLED', assetId: 'BTC/USDT' });
  });

  test('a held order that is changed meanwhile stays watched by the same watcher', async () => {
    const trailing = { orderType: 'TRAILING_STOP', price: undefined, trailingDelta: '100' } as never;
    const order = stage.order('held', { submit: [held] }, trailing);
    await order.submit();
    const watcher = await eventually(() => watcherOf(order));
    await order.ask('modify', { newQuantity: '2' });
    expect(await order.ask('forceReconcile', { reason: 'a look', requestedBy: 'ada' })).toMatchObject({
      quantity: '2',
    });
    expect(await watcherOf(order)).toBe(watcher);
    await order.ask('cancel', {});
    expect(await order.handle.result()).toMatchObject({ status: 'CANCELLED' });
  });

  async function watcherOf(order: PlayedOrder): Promise<string> {
    const { raw } = await order.handle.describe();
    const [watcher] = raw.pendingActivities ?? [];
    if (!watcher?.activityId) throw new Error('nobody watches the market for it');
    return watcher.activityId;
  }
});

describe('an order that stays open for 60 days', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open(await startTimeSkippingServer());
  });
  afterAll(() => stage?.close());

  const inDays = async (days: number): Promise<string> =>
    new Date((await stage.environment.currentTimeMs()) + days * DAY_MS).toISOString();

  /** This server knows no update with start. */
  async function submitted(order: PlayedOrder): Promise<OrderResponse> {
    await order.start();
    return await order.ask('submit', order.input);
  }

  test('is filled then, as if it had been submitted a moment ago', async () => {
    const order = stage.order('gtc');
    const acknowledged = await submitted(order);
    await order.hear(order.record.fill(1, '0.4'));
    await stage.environment.sleep(60 * DAY_MS);
    expect(await order.ask('submit', order.input)).toEqual(acknowledged);
    await order.hear(order.record.fill(1, '0.6'));
    const { createdAt, completedAt = '', status } = await order.handle.result();
    expect(status).toBe('FILLED');
    expect(Date.parse(completedAt) - Date.parse(createdAt)).toBeGreaterThanOrEqual(60 * DAY_MS);
  });

  test('is ended by the service to the second, where the exchange knows no such end', async () => {
    const expiresAt = await inDays(60);
    const order = stage.order(
      'gtd',
      { submit: [acceptedAsGtd], cancel: [ended('EXPIRED')] },
      { timeInForce: 'GTD', expiresAt },
    );
    await submitted(order);
    expect(await order.handle.result()).toMatchObject({ status: 'EXPIRED' });
    const { closeTime = new Date(0) } = await order.handle.describe();
    expect(closeTime.getTime() - Date.parse(expiresAt)).toBeGreaterThanOrEqual(0);
    expect(closeTime.getTime() - Date.parse(expiresAt)).toBeLessThan(60_000);
  });
});
