import { setTimeout as pause } from 'node:timers/promises';
import { orderIdOf } from '../../src/domain/ids';
import type { Order, OrderResponse } from '../../src/domain/order';
import type { OrderRequestInput } from '../../src/domain/order-request';
import { CRASH_POINTS } from '../../src/platform/crash-points';
import { seededRandom } from '../../src/platform/random';
import type { FaultRule } from '../../src/simulator/faults';
import { mapBounded } from '../../src/connections/bounded-concurrency';
import '../exchanges/real-ccxt';
import { eventually } from '../stack/eventually';
import { freshNamespace } from '../stack/namespace';
import { testStack } from '../stack/stack';
import { Desk } from './desk';
import { startOwnSimulator } from './own-simulator';
import { Supervisor } from './supervisor';

/** Of sending, booking and telling; the feed's own test kills at the feed. */
const POINTS = CRASH_POINTS.filter((point) => /^(submit|ledger|connection)\./.test(point));

const ORDERS = 200;
/** Of them one in so many is a MARKET order, whose fills come with the exchange's reply. */
const MARKET_ORDER_EVERY = 10;
const CALLERS = 40;
const SLICE = '0.001';
const SLICES_BEFORE_THE_END = 8;
const FILL_PAUSE_MS = 60;
/** About 80 s on two idle cores; more where others compute beside it. */
const TEST_LIMIT_MS = 240_000;

/** The exchange and the way to it at their worst; the first rule that fires wins. */
const FAULTS: FaultRule[] = [
  { match: { endpoint: 'POST /api/v3/order', probability: 0.1 }, effect: { kind: 'lose-reply' } },
  { match: { endpoint: 'POST /api/v3/order', probability: 0.05 }, effect: { kind: 'status-after', status: 503 } },
  { match: { endpoint: 'POST /api/v3/order', probability: 0.05 }, effect: { kind: 'status-before', status: 502 } },
  { match: { endpoint: 'POST /api/v3/order', probability: 0.1 }, effect: { kind: 'delay', ms: 400, stage: 'after' } },
  { match: { endpoint: 'GET /api/v3/order', probability: 0.05 }, effect: { kind: 'lose-reply' } },
  { match: { endpoint: 'GET /api/v3/myTrades', probability: 0.05 }, effect: { kind: 'status-before', status: 503 } },
  { match: { endpoint: 'DELETE /api/v3/order', probability: 0.1 }, effect: { kind: 'lose-reply' } },
  { match: { endpoint: 'DELETE /api/v3/order', probability: 0.1 }, effect: { kind: 'status-after', status: 504 } },
  { match: { event: 'executionReport', probability: 0.03 }, effect: { kind: 'drop-event' } },
  { match: { event: 'executionReport', probability: 0.1 }, effect: { kind: 'repeat-event' } },
  { match: { event: 'executionReport', probability: 0.1 }, effect: { kind: 'reorder-events' } },
  { match: { event: 'executionReport', probability: 0.05 }, effect: { kind: 'delay-event', ms: 300 } },
  { match: { event: 'executionReport', probability: 0.002 }, effect: { kind: 'drop-stream' } },
];

const seed = Number(process.env['SIMULATION_SEED'] ?? Date.now() % 1_000_000);
const random = seededRandom(seed);
let desk: Desk;
let supervisor: Supervisor;
let stopSimulator: () => Promise<void>;
const filling = new AbortController();

beforeAll(async () => {
  process.stderr.write(`Fault simulation with SIMULATION_SEED=${seed}\n`);
  const stack = testStack();
  const [namespace, { simulator, stop }] = await Promise.all([
    freshNamespace(stack.temporalAddress, 'faults'),
    startOwnSimulator(seed),
  ]);
  stopSimulator = stop;
  desk = await Desk.open({ stack, namespace, simulator });
  supervisor = new Supervisor(stack, namespace);
  await Promise.all([
    supervisor.keep(['order-worker']),
    supervisor.keep(
      ['exchange-worker', 'exchange-worker'],
      ['submit.beforeSend#10', 'submit.afterSend#10', 'submit.afterReply#10'],
    ),
    supervisor.keep(
      ['connection-worker', 'connection-worker'],
      ['ledger.beforeTransaction#5', 'ledger.afterTransaction#5', 'connection.betweenBookingAndSignal#5'],
      { oneWorks: true },
    ),
  ]);
}, 90_000);

afterAll(async () => {
  filling.abort();
  await supervisor?.stop();
  await desk?.close();
  await stopSimulator?.();
}, 30_000);

test(
  'every order is settled, and exchange and records agree on every fill, whatever is killed and lost on the way',
  async () => {
    await Promise.all(FAULTS.map((rule) => desk.admin.addFault(rule)));
    const orders = Array.from({ length: ORDERS }, (_, index) => anOrder(index));
    const live: OrderRequestInput[] = [];
    const submitted = mapBounded(orders, CALLERS, async (order) => {
      const response = await submitPatiently(order);
      if (response.status === 'OPEN') live.push(order);
      return response;
    });
    const fills = fillInSlices(live, filling.signal);
    const responses = await submitted;
    await eventually(() => expect(Object.keys(supervisor.hits).sort()).toEqual([...POINTS].sort()), 60_000);
    await supervisor.killAll();
    filling.abort();
    await fills;

    await settle(live);
    const results = await Promise.all(responses.map(({ orderId }) => desk.workflowOf(orderId).result()));
    const { findings, orders: sent } = await desk.audit();
    expect(findings).toEqual([]);
    expect(sent).toBe(ORDERS);
    expect(await Promise.all(results.map(differsFromRecord))).toEqual(results.map(() => []));
    expect(supervisor.unexpected).toEqual([]);
  },
  TEST_LIMIT_MS,
);

function anOrder(index: number): OrderRequestInput {
  const side = random.fraction() < 0.5 ? 'BUY' : 'SELL';
  const assetId = random.fraction() < 0.5 ? 'BTC/USDT' : 'ETH/USDT';
  if (index % MARKET_ORDER_EVERY === 0) return desk.anOrder({ side, assetId, orderType: 'MARKET', quantity: '0.01' });
  const resting = { 'BTC/USDT': { BUY: '50000', SELL: '70000' }, 'ETH/USDT': { BUY: '2500', SELL: '3500' } };
  return desk.anOrder({ side, assetId, quantity: '0.01', price: resting[assetId][side] });
}

/** As a client does who means it: no answer in time is asked for again. */
async function submitPatiently(order: OrderRequestInput): Promise<OrderResponse> {
  return await eventually(() => desk.manager.submitOrder(order), 90_000);
}

/** Fills a little of one live order after the other, but none of them whole. */
async function fillInSlices(live: readonly OrderRequestInput[], stop: AbortSignal): Promise<void> {
  const slices = new Map<string, number>();
  while (!stop.aborted) {
    const open = live.filter(({ idempotencyKey }) => (slices.get(idempotencyKey) ?? 0) < SLICES_BEFORE_THE_END);
    const order = open[Math.floor(random.fraction() * open.length)];
    if (order !== undefined) {
      slices.set(order.idempotencyKey, (slices.get(order.idempotencyKey) ?? 0) + 1);
      await desk.fill(order, SLICE);
    }
    await pause(FILL_PAUSE_MS);
  }
}

/** Half of what is open is filled, the other half cancelled, and so is what did not hear of its fill. */
async function settle(open: readonly OrderRequestInput[]): Promise<void> {
  const filled = open.filter((_, index) => index % 2 === 0);
  await mapBounded(filled, CALLERS, (order) => desk.fill(order));
  await mapBounded(open, CALLERS, async ({ idempotencyKey }) => {
    const orderId = orderIdOf(desk.tenantId, idempotencyKey);
    await eventually(async () => {
      const { status, reason } = await desk.manager.cancelOrder(desk.tenantId, orderId);
      if (status !== 'CANCELLED' && !reason?.includes('has ended')) throw new Error(`${orderId}: ${status} ${reason}`);
    }, 60_000);
  });
}

/** The workflow's own last word against the record. */
async function differsFromRecord(result: unknown): Promise<string[]> {
  const { orderId, status, filledQuantity, exchangeOrderId } = result as Order;
  const recorded = await desk.manager.getOrder(desk.tenantId, orderId);
  const own = { orderId, status, filledQuantity, exchangeOrderId };
  const { status: s, filledQuantity: f, exchangeOrderId: e } = recorded;
  const theirs = { orderId, status: s, filledQuantity: f, exchangeOrderId: e };
  return JSON.stringify(own) === JSON.stringify(theirs) ? [] : [JSON.stringify({ own, theirs })];
}
