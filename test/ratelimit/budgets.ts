import fc from 'fast-check';
import type { ExchangeId } from '../../src/domain/exchange';
import type { Budget, LimitModel } from '../../src/ratelimit/budget';
import type { AcquireRequest } from '../../src/ratelimit/rate-store';
import { gatesOf } from '../../src/ratelimit/scopes';
import { systemRandom } from '../../src/platform/random';

/** A budget of nobody else's; `fields` override. */
export function aBudget(fields: Partial<Budget> = {}): Budget {
  const owner = fields.owner ?? `t-${systemRandom.uuid()}`;
  const { exchangeId = 'BINANCE' } = fields;
  return {
    key: `ratelimit:${owner}:{${exchangeId}}:ORDERS`,
    owner,
    exchangeId,
    scope: 'ACCOUNT',
    category: 'ORDERS',
    model: { windows: [{ limit: 10, windowMs: 1_000 }] },
    criticalReservationPercent: 0,
    warningThresholdPercent: 100,
    burstAllowed: true,
    costMax: 1,
    ...fields,
  };
}

/** One call of one budget that does not want to wait. */
export function aRequest(budget: Budget, fields: Partial<AcquireRequest> & { cost?: number } = {}): AcquireRequest {
  const { cost = 1, ...rest } = fields;
  return {
    exchangeId: budget.exchangeId,
    charges: [{ budget, cost }],
    gates: gatesOf(budget),
    critical: false,
    aheadMs: 0,
    patienceMs: 0,
    lane: 'lane',
    queued: false,
    waiting: { count: 1, critical: 0, oldestMs: 0 },
    ...rest,
  };
}

const windows = (): fc.Arbitrary<LimitModel> =>
  fc
    .uniqueArray(
      fc.record({
        limit: fc.integer({ min: 1, max: 60 }),
        windowMs: fc.constantFrom(100, 999, 1_000, 10_000, 60_000, 86_400_000),
      }),
      {
        minLength: 1,
        maxLength: 3,
        selector: ({ windowMs }) => windowMs,
      },
    )
    .map((all) => ({ windows: all }));

const decay = (): fc.Arbitrary<LimitModel> =>
  fc
    .record({ limit: fc.integer({ min: 1, max: 180 }), perSecond: fc.constantFrom(0.33, 1, 2.34, 3.75, 15) })
    .map((rule) => ({ decay: rule }));

/** Every kind of budget, at an exchange where no test tells real time. */
export function budget(exchangeId: ExchangeId): fc.Arbitrary<Budget> {
  return fc
    .record({
      model: fc.oneof(windows(), decay()),
      criticalReservationPercent: fc.constantFrom(0, 10, 50),
      warningThresholdPercent: fc.constantFrom(50, 80, 100),
      burstAllowed: fc.boolean(),
    })
    .map((fields) => aBudget({ ...fields, exchangeId }));
}
