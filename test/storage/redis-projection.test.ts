import type { OrderState } from '../../src/domain/order';
import { advance } from '../../src/domain/order-lifecycle';
import { newOrderState } from '../../src/domain/order-state';
import type { Logger } from '../../src/platform/logger';
import { silentLogger } from '../../src/platform/logger';
import { systemClock } from '../../src/platform/clock';
import { createRedis, type RedisConnection, redisReady } from '../../src/storage/redis/client';
import { RedisOrderProjection } from '../../src/storage/redis/order-projection';
import { anOrder, freshTenant, openStores, type Stores } from './stores';
import { KeptAlerts } from '../alerts/kept-alerts';
import { testStack } from '../stack/stack';
import { openLine } from '../stack/line';

const AT = '2026-01-31T12:00:00.000Z';

function versions(count: number): OrderState[] {
  const first = newOrderState(anOrder(freshTenant()), AT);
  const states = [first];
  for (let step = 1; step < count; step++) {
    const event = {
      type: 'CANCEL_FAILED' as const,
      at: `2026-01-31T12:00:${String(step).padStart(2, '0')}.000Z`,
      by: 'x',
    };
    states.push(advance(states.at(-1) ?? first, { events: [event] }, AT));
  }
  return states;
}

describe('orders in Redis', () => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await openStores(testStack());
  });
  afterAll(() => stores.close());

  function recordedAs(state: OrderState): RedisOrderProjection {
    const parts = { clock: systemClock, logger: silentLogger, alerts: stores.alerts };
    return new RedisOrderProjection(stores.redis, parts, () => Promise.resolve(state));
  }

  it('are the newest that was ever written, in whatever order the writes come', async () => {
    const states = versions(12);
    const { tenantId, orderId } = states[0]!.request;
    const projection = recordedAs(states[0]!);
    await projection.project([states[0]!]);
    const late = [3, 11, 1, 7, 10, 2];
    await Promise.all(late.map((version) => projection.project([states[version]!])));
    expect(await projection.read(tenantId, orderId)).toEqual(states[11]);
    await projection.project([states[9]!]);
    expect(await projection.read(tenantId, orderId)).toEqual(states[11]);
  });

  it('are kept without limit while they live, and for a day after their end', async () => {
    const [state] = versions(1);
    const { tenantId, orderId } = state!.request;
    const key = `order:${tenantId}:${orderId}`;
    const projection = recordedAs(state!);
    await projection.project([state!]);
    expect(await stores.redis.pttl(key)).toBe(-1);
    const endedAt = new Date(systemClock.now() - 3_600_000).toISOString();
    await projection.project([advance(state!, { phase: 'CANCELLED' }, endedAt)]);
    const hours = (await stores.redis.pttl(key)) / 3_600_000;
    expect(hours).toBeGreaterThan(22.9);
    expect(hours).toBeLessThanOrEqual(23);
  });

  it('are absent where none was written', async () => {
    expect(await stores.projection.read(freshTenant(), 'nothing')).toBeUndefined();
  });
});

describe('a Redis that does not answer', () => {
  it('is given up at once while it was never there', async () => {
    const { projection, warnings, alerts, elapsedMs } = projectionAt('redis://127.0.0.1:9');
    for (let write = 0; write < 5; write++) await projection.project(versions(1));
    expect(await projection.read('acme', 'x')).toBeUndefined();
    expect(elapsedMs()).toBeLessThan(1_000);
    expect(warnings).toHaveLength(1);
    expect(alerts.raised).toMatchObject([{ code: 'PROJECTION_FAILED', details: { failures: 1 } }]);
  });

  it('costs a writer a bounded wait and one line in the log when it falls silent', async () => {
    const line = await openLine(new URL(testStack().redisUrl));
    const { projection, warnings, elapsedMs, redis } = projectionAt(`redis://127.0.0.1:${line.port}`);
    await redisReady(redis);
    await projection.project(versions(1));
    expect(warnings).toEqual([]);
    line.fallSilent();
    const beforeMs = elapsedMs();
    for (let write = 0; write < 3; write++) await projection.project(versions(1));
    expect(elapsedMs() - beforeMs).toBeLessThan(2_000);
    expect(warnings).toHaveLength(1);
    line.close();
  });

  const opened: RedisConnection[] = [];
  afterEach(() => opened.splice(0).forEach((redis) => redis.disconnect()));

  function projectionAt(url: string): {
    redis: RedisConnection;
    projection: RedisOrderProjection;
    warnings: string[];
    alerts: KeptAlerts;
    elapsedMs: () => number;
  } {
    const alerts = new KeptAlerts();
    const warnings: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (_, message) => warnings.push(message) };
    const redis = createRedis(url, silentLogger);
    opened.push(redis);
    const startedMs = systemClock.now();
    const elapsedMs = (): number => systemClock.now() - startedMs;
    return {
      redis,
      projection: new RedisOrderProjection(redis, { clock: systemClock, logger, alerts }, () =>
        Promise.resolve(undefined),
      ),
      warnings,
      alerts,
      elapsedMs,
    };
  }
});
