import fc from 'fast-check';
import { orderError } from '../../src/domain/errors';
import { orderIdOf } from '../../src/domain/ids';
import type { ExecutionUpdate, OrderPhase, OrderState, OrderStatus } from '../../src/domain/order';
import { ORDER_STATUSES } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import type { LifecycleChange } from '../../src/domain/order-lifecycle';
import { advance, changeOfUpdate, phaseOfStatus, withLedger } from '../../src/domain/order-lifecycle';
import {
  addFills,
  isEnded,
  isSettled,
  isShortOfFills,
  newOrderState,
  remainingQuantityOf,
  statusOf,
} from '../../src/domain/order-state';
import { viewCancelResponse, viewOrder, viewResponse } from '../../src/domain/order-view';
import { executionUpdate } from '../properties/generators';
import { fraction, minus, NOTHING, plus, times } from './fractions';

const AT = '2026-01-31T12:00:00.000Z';
const LATER = '2026-01-31T12:00:05.000Z';
const ENDS = ['FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED'] as const;

const REQUEST: OrderRequest = {
  orderId: orderIdOf('acme', 'key-1'),
  tenantId: 'acme',
  strategyId: 'momentum',
  assetId: 'BTC/USDT',
  side: 'BUY',
  orderType: 'LIMIT',
  quantity: '1',
  price: '20000',
  timeInForce: 'GTC',
  exchangeId: 'BINANCE',
  idempotencyKey: 'key-1',
  submitBefore: '2026-02-01T00:00:00Z',
  metadata: { desk: 7 },
  timestamp: AT,
};

const fresh = (): OrderState => newOrderState(REQUEST, AT);

function fill(quantity: string, fields: Partial<ExecutionUpdate> = {}): ExecutionUpdate {
  const { orderId, tenantId, assetId, side } = REQUEST;
  return {
    executionId: quantity,
    orderId,
    tenantId,
    exchangeOrderId: '42',
    exchangeId: 'BINANCE',
    assetId,
    side,
    quantity,
    price: '20000',
    commission: '0',
    commissionAsset: 'BNB',
    timestamp: AT,
    receivedAt: AT,
    ...fields,
  };
}

function filled(state: OrderState, ...quantities: string[]): OrderState {
  return withLedger(
    state,
    addFills(
      state.ledger,
      quantities.map((quantity) => fill(quantity)),
    ),
    LATER,
  );
}

const ended = (phase: OrderPhase, exchangeFilledQuantity?: string): OrderState =>
  advance(fresh(), { phase, ...(exchangeFilledQuantity !== undefined && { exchangeFilledQuantity }) }, LATER);

describe('the status of an order', () => {
  const cases: [string, OrderState, OrderStatus, ended: boolean, settled: boolean][] = [
    ['new', fresh(), 'PENDING', false, false],
    ['acknowledged', ended('OPEN'), 'OPEN', false, false],
    ['filled in part', filled(ended('OPEN'), '0.4'), 'PARTIALLY_FILLED', false, false],
    ['filled in part before any answer', filled(fresh(), '0.4'), 'PARTIALLY_FILLED', false, false],
    ['booked in full without a word of the exchange', filled(ended('OPEN'), '0.4', '0.6'), 'FILLED', true, true],
    ['said to be filled, nothing booked', ended('FILLED'), 'PARTIALLY_FILLED', true, false],
    ['said to be filled, booked in part', filled(ended('FILLED', '1'), '0.4'), 'PARTIALLY_FILLED', true, false],
    ['said to be filled, all booked', filled(ended('FILLED', '1'), '1'), 'FILLED', true, true],
    ['cancelled with nothing filled', ended('CANCELLED', '0'), 'CANCELLED', true, true],
    ['cancelled with a fill that is not booked yet', ended('CANCELLED', '0.4'), 'CANCELLED', true, false],
    ['cancelled with its fill booked', filled(ended('CANCELLED', '0.4'), '0.4'), 'CANCELLED', true, true],
    ['cancelled too late: all of it was filled', filled(ended('CANCELLED', '1'), '1'), 'FILLED', true, true],
    ['expired', ended('EXPIRED', '0'), 'EXPIRED', true, true],
    ['rejected', ended('REJECTED'), 'REJECTED', true, true],
  ];
  it.each(cases)('follows from what is said and booked: %s', (_, state, status, isAtEnd, mayClose) => {
    expect([statusOf(state), isEnded(state), isSettled(state)]).toEqual([status, isAtEnd, mayClose]);
    expect(isShortOfFills(state)).toBe(isAtEnd && !mayClose);
    expect(state.lifecycle.completedAt).toBe(mayClose ? LATER : undefined);
  });

  it('maps to one phase each', () => {
    for (const status of ORDER_STATUSES) {
      expect(phaseOfStatus(status)).toBe(status === 'PARTIALLY_FILLED' ? 'OPEN' : status);
    }
  });
});

describe('the life of an order', () => {
  const phase = fc.constantFrom<OrderPhase>('PENDING', 'OPEN', ...ENDS);
  const quantity = fc.constantFrom('0', '0.3', '0.7', '1');
  const change: fc.Arbitrary<LifecycleChange> = fc.record(
    {
      phase,
      exchangeOrderId: fc.constantFrom('42', '43'),
      exchangeFilledQuantity: quantity,
      submittedAt: fc.constantFrom(AT, LATER),
      error: fc.constantFrom(orderError('EXCHANGE_REJECTED', 'One.'), orderError('EXCHANGE_REJECTED', 'Two.')),
      events: fc.array(
        fc.record({
          type: fc.constantFrom('ACKNOWLEDGED', 'CANCELLED', 'CANCEL_FAILED'),
          at: fc.constantFrom(AT, LATER),
          by: fc.constant('BINANCE'),
        }),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: [] },
  );
  const step = fc.oneof(change, fc.constantFrom('0.3', '0.4'));
  const play = (state: OrderState, next: LifecycleChange | string): OrderState =>
    typeof next === 'string' ? filled(state, next) : advance(state, next, LATER);

  it('goes one way: an end is final, what was said first stands, versions only grow', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let state = fresh();
        for (const next of steps) {
          const before = state;
          state = play(before, next);
          const [was, is] = [before.lifecycle, state.lifecycle];
          if (ENDS.some((end) => end === was.phase)) expect(is.phase).toBe(was.phase);
          if (was.phase === 'OPEN') expect(is.phase).not.toBe('PENDING');
          for (const field of ['exchangeOrderId', 'error', 'submittedAt', 'completedAt'] as const) {
            if (was[field] !== undefined) expect(is[field]).toEqual(was[field]);
          }
          const growth = is.version - was.version + (state.ledger.version - before.ledger.version);
          expect(growth).toBe(state === before ? 0 : 1);
          expect(is.events.slice(0, was.events.length)).toEqual(was.events);
        }
      }),
    );
  });

  it('takes a step that was taken already for nothing new, and gives back the very same state', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), change, (steps, last) => {
        const state = advance(steps.reduce(play, fresh()), last, LATER);
        expect(advance(state, last, LATER)).toBe(state);
      }),
    );
  });

  it('has each of its ends once among the events, however often it is told', () => {
    const told = [AT, LATER, LATER].reduce(
      (state, at) => advance(state, { phase: 'CANCELLED', events: [{ type: 'CANCELLED', at, by: 'BINANCE' }] }, at),
      fresh(),
    );
    expect(told.lifecycle.events.filter(({ type }) => type === 'CANCELLED')).toHaveLength(1);
  });

  it('keeps the larger of two counts of what was filled', () => {
    const state = advance(ended('CANCELLED', '0.4'), { exchangeFilledQuantity: '0.3' }, LATER);
    expect(state.lifecycle.exchangeFilledQuantity).toBe('0.4');
  });

  it('takes no older sums of the ledger over newer ones', () => {
    const older = filled(fresh(), '0.3');
    const newer = filled(older, '0.4');
    expect(withLedger(newer, older.ledger, LATER)).toBe(newer);
  });
});

describe('sums over fills', () => {
  it('are exact, per commission asset, whether fills come one by one or together', () => {
    fc.assert(
      fc.property(fc.array(executionUpdate(), { minLength: 1, maxLength: 20 }), (fills) => {
        const { ledger } = fresh();
        const together = addFills(ledger, fills);
        const single = fills.reduce((sums, one) => addFills(sums, [one]), ledger);
        expect({ ...single, version: 1 }).toEqual({ ...together, version: 1 });
        const filledQuantity = fills.reduce((total, one) => plus(total, fraction(one.quantity)), NOTHING);
        const cost = fills.reduce(
          (total, one) => plus(total, times(fraction(one.quantity), fraction(one.price))),
          NOTHING,
        );
        expect(minus(fraction(together.filledQuantity), filledQuantity)).toEqual(NOTHING);
        expect(minus(fraction(together.cost), cost)).toEqual(NOTHING);
        for (const [asset, amount] of Object.entries(together.commissions)) {
          const own = fills.filter(({ commissionAsset }) => commissionAsset === asset);
          const total = own.reduce((part, one) => plus(part, fraction(one.commission)), NOTHING);
          expect(minus(fraction(amount), total)).toEqual(NOTHING);
        }
      }),
    );
  });

  it('keep the last hundred fills and count all', () => {
    const fills = Array.from({ length: 130 }, (_, index) => fill('0.001', { executionId: String(index) }));
    const sums = addFills(fresh().ledger, fills);
    expect([sums.fillCount, sums.recentFills.length, sums.recentFills[0]?.executionId]).toEqual([130, 100, '30']);
  });
});

describe('an order as clients read it', () => {
  it('carries what was asked, what is filled and what is left', () => {
    const state = filled(advance(fresh(), { phase: 'OPEN', exchangeOrderId: '42' }, AT), '0.1', '0.2');
    const order = viewOrder(state);
    expect(order).toMatchObject({
      schemaVersion: 1,
      status: 'PARTIALLY_FILLED',
      clientOrderId: REQUEST.orderId.replaceAll('-', ''),
      filledQuantity: '0.3',
      remainingQuantity: '0.7',
      averageFilledPrice: '20000',
      metadata: { desk: 7 },
      fillCount: 2,
    });
    for (const field of ['timestamp', 'submitBefore', 'phase', 'generation', 'version'])
      expect(order).not.toHaveProperty(field);
  });

  it('may be filled beyond its quantity by an exchange, and says so', () => {
    expect(remainingQuantityOf(filled(fresh(), '0.9', '0.2'))).toBe('-0.1');
  });

  it('names one commission in its response where there is one, and none where there are several', () => {
    const sums = (assets: string[]) =>
      withLedger(
        fresh(),
        addFills(
          fresh().ledger,
          assets.map((commissionAsset) => fill('0.1', { commission: '1', commissionAsset })),
        ),
        AT,
      );
    expect(viewResponse(sums(['BNB', 'BNB']))).toMatchObject({ commission: '2', commissionAsset: 'BNB' });
    expect(viewResponse(sums(['BNB', 'USDT']))).not.toHaveProperty('commission');
  });

  it('answers a cancel by what became of the order', () => {
    expect(viewCancelResponse(ended('OPEN'))).toMatchObject({ status: 'PENDING_CANCEL' });
    expect(viewCancelResponse(ended('OPEN'), 'no reply')).toMatchObject({ status: 'FAILED', reason: 'no reply' });
    expect(viewCancelResponse(ended('CANCELLED', '0'))).toMatchObject({ status: 'CANCELLED', cancelledAt: LATER });
    expect(viewCancelResponse(filled(fresh(), '1'))).toMatchObject({
      status: 'FAILED',
      reason: expect.stringContaining('FILLED'),
    });
  });
});

it('the word of an exchange is a step: its count of fills goes with an end only', () => {
  const update = {
    orderId: REQUEST.orderId,
    tenantId: 'acme',
    exchangeOrderId: '42',
    exchangeId: 'BINANCE' as const,
    assetId: 'BTC/USDT',
    filledQuantity: '0.4',
    remainingQuantity: '0.6',
    timestamp: AT,
  };
  expect(changeOfUpdate({ ...update, status: 'PARTIALLY_FILLED' })).toEqual({
    phase: 'OPEN',
    exchangeOrderId: '42',
    wordAt: AT,
  });
  expect(changeOfUpdate({ ...update, status: 'CANCELLED', reason: 'asked for' })).toEqual({
    phase: 'CANCELLED',
    exchangeOrderId: '42',
    wordAt: AT,
    exchangeFilledQuantity: '0.4',
    events: [{ type: 'CANCELLED', at: AT, by: 'BINANCE', detail: 'asked for' }],
  });
});

test('a try of a change that wakes up late and says that it failed leaves the change that was declared since', () => {
  const declared = { amendmentId: 'second', generation: 1, terms: { quantity: '2' }, sendBy: 0 };
  const state = advance(advance(fresh(), { phase: 'OPEN' }, AT), { amendment: declared }, AT);
  expect(advance(state, { failedAmendment: 'first' }, LATER)).toBe(state);
  expect(advance(state, { failedAmendment: 'second' }, LATER).lifecycle.amendment).toBeUndefined();
});
