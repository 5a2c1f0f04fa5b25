import { ALERTS } from '../../src/alerts/alert-table';
import { AlertService, GROUPS_APART_MAX } from '../../src/alerts/alert-service';
import type { Alert, AlertInput, AlertSink } from '../../src/alerts/alerts';
import { QUEUED_MAX } from '../../src/alerts/delivery-queue';
import { RETRY } from '../../src/domain/retry';
import type { Logger } from '../../src/platform/logger';
import { silentLogger } from '../../src/platform/logger';
import { seededRandom } from '../../src/platform/random';
import { ManualClock } from './manual-clock';

const { windowMs } = ALERTS.CONNECTION_LOST;

let clock: ManualClock;
let delivered: Alert[];
let errors: string[];
let service: AlertService;

beforeEach(() => {
  clock = new ManualClock();
  delivered = [];
  errors = [];
  service = withSink((alert) => Promise.resolve(void delivered.push(alert)));
});
afterEach(() => service.close());

function withSink(deliver: AlertSink['deliver']): AlertService {
  const logger: Logger = { ...silentLogger, error: (_, message) => void errors.push(message) };
  const sink: AlertSink = { name: 'test', deliver, close: () => Promise.resolve() };
  return new AlertService({ sinks: [sink], clock, random: seededRandom(1), logger });
}

function lost(tenantId = 'acme', details: object = {}): AlertInput {
  return { code: 'CONNECTION_LOST', tenantId, exchangeId: 'BINANCE', details };
}

const turn = (): Promise<void> => clock.pass(0);

test('an alert says what happened, how bad it is and what to do', async () => {
  service.raise(lost('acme', { failures: 8 }));
  await turn();
  expect(delivered).toEqual([
    {
      schemaVersion: 1,
      alertId: expect.any(String) as string,
      code: 'CONNECTION_LOST',
      severity: 'CRITICAL',
      tenantId: 'acme',
      exchangeId: 'BINANCE',
      groupKey: 'CONNECTION_LOST/acme/BINANCE',
      meaning: ALERTS.CONNECTION_LOST.meaning,
      runbook: ALERTS.CONNECTION_LOST.runbook,
      details: { failures: 8 },
      raisedAt: '2026-01-31T12:00:00.000Z',
      suppressed: 0,
    },
  ]);
});

test('within its window an alert is told once, and at the end how many more there were', async () => {
  for (let failures = 1; failures <= 10; failures++) service.raise(lost('acme', { failures }));
  await turn();
  expect(delivered).toHaveLength(1);
  await clock.pass(windowMs);
  expect(delivered.slice(1)).toMatchObject([{ suppressed: 8, details: { failures: 10 } }]);
  service.raise(lost());
  await clock.pass(windowMs - 1);
  expect(delivered).toHaveLength(2);
  await clock.pass(1);
  expect(delivered).toHaveLength(3);
});

test('after a quiet window the next alert goes out at once, and nothing is left behind', async () => {
  service.raise(lost());
  await clock.pass(windowMs);
  expect(clock.asleep).toBe(0);
  service.raise(lost());
  await turn();
  expect(delivered.map(({ suppressed }) => suppressed)).toEqual([0, 0]);
});

test('tenants, subjects and aspects do not hold each other back', async () => {
  service.raise(lost('acme'));
  service.raise(lost('other'));
  service.raise({ ...lost('acme'), aspect: 'FIX' });
  service.raise({ code: 'LATE_FILL', tenantId: 'acme', orderId: 'one', details: {} });
  service.raise({ code: 'LATE_FILL', tenantId: 'acme', orderId: 'two', details: {} });
  await turn();
  expect(new Set(delivered.map(({ groupKey }) => groupKey)).size).toBe(5);
});

test('a thousand orders in trouble at once are a handful of alerts, none of them uncounted', async () => {
  const orders = 1_000;
  for (let n = 0; n < orders; n++) {
    service.raise({ code: 'LATE_FILL', tenantId: 'acme', orderId: `order-${n}`, details: { n } });
  }
  await clock.pass(ALERTS.LATE_FILL.windowMs);
  expect(delivered).toHaveLength(GROUPS_APART_MAX + 2);
  expect(delivered.reduce((told, { suppressed }) => told + 1 + suppressed, 0)).toBe(orders);
});

test('a sink that fails is tried again with growing pauses, then given up with a line in the log', async () => {
  let tries = 0;
  service = withSink(() => {
    tries += 1;
    return Promise.reject(new Error('no'));
  });
  service.raise(lost());
  await turn();
  for (const delayMs of [1_000, 2_000, 4_000, 8_000]) await clock.pass(delayMs);
  expect(tries).toBe(RETRY.maxRetries + 1);
  expect(errors).toEqual(['An alert was not delivered.']);
});

test('behind a sink that hangs the oldest alerts are dropped, counted and logged, and raising still takes no time', async () => {
  let release = (): void => {};
  const hanging = new Promise<void>((resolve) => (release = resolve));
  service = withSink(async (alert) => {
    await hanging;
    delivered.push(alert);
  });
  for (let n = 0; n < QUEUED_MAX + 10; n++) service.raise(lost(`tenant-${n}`));
  release();
  await turn();
  expect(delivered).toHaveLength(QUEUED_MAX + 1);
  expect(delivered.at(-1)).toMatchObject({ tenantId: `tenant-${QUEUED_MAX + 9}` });
  expect(errors).toEqual([expect.stringContaining('the oldest are dropped'), 'Alerts were dropped before delivery.']);
});

test('what is counted or queued when the process ends is told before it does', async () => {
  service.raise(lost());
  service.raise(lost());
  service.raise(lost());
  await service.close();
  expect(delivered.map(({ suppressed }) => suppressed)).toEqual([0, 1]);
});
