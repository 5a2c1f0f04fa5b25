import type { OrderRequestInput } from '../../src/domain/order-request';
import type { PlayedOrder } from '../lives/played-order';
import { expectThat } from '../lives/played-order';
import {
  absent,
  accepted,
  acceptedAsGtd,
  ended,
  filledAtOnce,
  foundFilled,
  foundOpen,
  held,
  modificationUnknown,
  modifiedTo,
  notCancelled,
  notModified,
  notYet,
  refusedAs,
  type Script,
  stands,
  unanswered,
  unknown,
} from '../lives/script';
import { now } from '../lives/scripted-order';
import { eventually } from '../stack/eventually';

/** One kind of life: what the exchange answers, and what is asked of the order. */
export interface OrderLife {
  script?: Script;
  changes?: Partial<OrderRequestInput>;
  /** A GTD order's time, from its submission on. */
  expiresInMs?: number;
  /** What happens once it is submitted; the life is over when the order has ended. */
  play?(order: PlayedOrder): Promise<unknown>;
}

const WHO = { reason: 'the desk wants it', requestedBy: 'ada' };
const TRAILING: Partial<OrderRequestInput> = { orderType: 'TRAILING_STOP', price: undefined, trailingDelta: '100' };
/** GTD orders of which nobody waits for the end, and those that first go on in a new run. */
const [SOON_MS, LATER_MS] = [3_000, 15_000];

const fill = async (order: PlayedOrder): Promise<void> => await order.hear(order.record.fillRest());
const cancel = async (order: PlayedOrder): Promise<unknown> => await order.ask('cancel', WHO);

const acknowledged =
  (play: (order: PlayedOrder) => Promise<unknown>) =>
  async (order: PlayedOrder): Promise<void> => {
    await order.submit();
    await play(order);
  };

const resolved =
  (action: string, more: object = {}) =>
  async (order: PlayedOrder): Promise<unknown> => {
    await order.stuck();
    return await order.ask('resolve', { action, reason: 'seen at the exchange', resolvedBy: 'ada', ...more });
  };

const amended = (change: object) =>
  acknowledged(async (order) => {
    await order.ask('modify', { ...change, requestedBy: 'ada' });
    await fill(order);
  });

export const ORDER_LIVES: Readonly<Record<string, OrderLife>> = {
  'filled-by-one-execution': { play: acknowledged(fill) },
  'filled-in-the-reply': { script: { submit: [filledAtOnce] } },
  'filled-in-parts': {
    play: acknowledged(async (order) => {
      for (const quantity of ['0.1', '0.2', '0.3']) {
        await order.hear(order.record.fill(1, quantity));
        await order.state();
      }
      await fill(order);
    }),
  },
  'told-by-somebody-else': {
    play: acknowledged(async (order) => {
      await order.handle.signal('orderUpdate', { ...order.record.execute(1, '0.5')[0], unreadable: true });
      await order.hear(order.record.execute(1, '1'));
    }),
  },
  cancelled: { play: acknowledged(cancel) },
  'cancelled-by-signal-after-a-fill': {
    play: acknowledged(async (order) => {
      await order.hear(order.record.fill(1, '0.3'));
      await order.handle.signal('cancel', WHO);
    }),
  },
  'cancelled-by-temporal': { play: acknowledged(async ({ handle }) => await handle.cancel()) },
  rejected: { script: { submit: [refusedAs('EXCHANGE_REJECTED')] } },
  stale: { script: { submit: [refusedAs('ORDER_STALE')] } },
  'without-exchange': { changes: { exchangeId: undefined } },
  'refused-input': { changes: { quantity: '-1' } },
  'rate-limited-then-sent': { script: { submit: [notYet, accepted] }, play: acknowledged(fill) },
  'rate-limited-then-cancelled': { script: { submit: [notYet] }, play: cancel },
  'unknown-then-found': { script: { submit: [unknown, accepted] }, play: acknowledged(fill) },
  'unknown-then-resent': { script: { submit: [unknown, notYet, accepted] }, play: acknowledged(fill) },
  'unknown-then-cancelled': { script: { submit: [unknown, unknown, accepted] }, play: cancel },
  'filled-before-answered': {
    script: { submit: [unknown, unknown, accepted] },
    play: async (order) => {
      await order.stuck();
      await order.hear(order.record.fill(1, '0.3'));
      await eventually(async () => expectThat((await order.state()).exchangeOrderId !== undefined, 'it is not placed'));
      await fill(order);
    },
  },
  'amended-natively': { script: { modify: [modifiedTo('present')] }, play: amended({ newQuantity: '0.5' }) },
  replaced: { script: { modify: [modifiedTo('next')] }, play: amended({ newPrice: '20100' }) },
  'amendment-failed': { script: { modify: [notModified] }, play: amended({ newPrice: '20100' }) },
  'amendment-in-doubt': {
    script: { modify: [modificationUnknown, modifiedTo('next')] },
    play: amended({ newPrice: '20100' }),
  },
  'amendment-in-doubt-of-a-filled-order': {
    script: { modify: [modificationUnknown, notModified] },
    play: acknowledged(async (order) => {
      const modified = order.ask('modify', { newPrice: '20100', requestedBy: 'ada' });
      await order.called('modify');
      await fill(order);
      await modified;
    }),
  },
  'amendment-refused': {
    play: acknowledged(async (order) => {
      await order.ask('modify', { newStopPrice: '1' }).catch(() => undefined);
      await fill(order);
    }),
  },
  'emulated-gtd-expired': {
    script: { submit: [acceptedAsGtd], cancel: [ended('EXPIRED')] },
    changes: { timeInForce: 'GTD' },
    expiresInMs: SOON_MS,
  },
  'emulated-gtd-cancelled': {
    script: { submit: [acceptedAsGtd] },
    changes: { timeInForce: 'GTD' },
    expiresInMs: SOON_MS,
    play: acknowledged(cancel),
  },
  'held-and-triggered': {
    script: { submit: [held, accepted], trigger: { price: '19900', at: now() } },
    changes: TRAILING,
    play: async (order) => {
      await eventually(async () => expectThat((await order.state()).exchangeOrderId !== undefined, 'it is not sent'));
      await fill(order);
    },
  },
  'held-and-cancelled': { script: { submit: [held] }, changes: TRAILING, play: acknowledged(cancel) },
  'held-and-amended': {
    script: { submit: [held] },
    changes: TRAILING,
    play: acknowledged(async (order) => {
      await order.ask('modify', { newQuantity: '2' });
      await cancel(order);
    }),
  },
  'held-and-expired': {
    script: { submit: [held] },
    changes: { ...TRAILING, timeInForce: 'GTD' },
    expiresInMs: SOON_MS,
  },
  'stuck-then-found': { script: { submit: [unknown, unknown, accepted] }, play: acknowledged(fill) },
  'stuck-resolved-by-reconcile': {
    script: { submit: [unknown], sync: [foundOpen] },
    play: async (order) => {
      await resolved('RECONCILE')(order);
      await fill(order);
    },
  },
  'stuck-resolved-by-cancel': { script: { submit: [unknown] }, play: resolved('CANCEL') },
  'stuck-resolved-by-mark-filled': {
    script: { submit: [unknown], sync: [unanswered] },
    play: resolved('MARK_FILLED', {
      fills: [{ quantity: '1', price: '20000', commission: '0', commissionAsset: 'BNB', timestamp: now() }],
    }),
  },
  'stuck-resolved-by-mark-filled-once': {
    script: { submit: [unknown], sync: [unanswered] },
    play: resolved('MARK_FILLED', {
      fills: [{ quantity: '1', price: '20000', commission: '0', commissionAsset: 'BNB', timestamp: now() }],
    }),
  },
  'stuck-found-filled': { script: { submit: [unknown], sync: [foundFilled] }, play: resolved('MARK_FILLED') },
  'stuck-resolved-by-mark-rejected': {
    script: { submit: [unknown], sync: [absent] },
    play: resolved('MARK_REJECTED'),
  },
  'cancel-failed-then-forced': {
    script: { cancel: [...Array<typeof notCancelled>(5).fill(notCancelled), ended('CANCELLED')], sync: [unanswered] },
    play: acknowledged(async (order) => {
      await cancel(order);
      await order.stuck();
      await order.ask('forceCancel', WHO);
    }),
  },
  'force-reconciled': {
    script: { sync: [stands, foundFilled] },
    play: acknowledged(async (order) => {
      await order.ask('forceReconcile', WHO);
      await order.handle.signal('forceReconcile', WHO);
    }),
  },
  'continued-as-new': {
    play: acknowledged(async (order) => {
      await order.hearUntilRenewed();
      await order.submit();
      await fill(order);
    }),
  },
  'continued-as-new-until-expired': {
    script: { submit: [acceptedAsGtd], cancel: [ended('EXPIRED')] },
    changes: { timeInForce: 'GTD' },
    expiresInMs: LATER_MS,
    play: acknowledged((order) => order.hearUntilRenewed()),
  },
  'continued-as-new-in-doubt': {
    script: { submit: [...Array<typeof unknown>(12).fill(unknown), accepted] },
    play: async (order) => {
      await order.stuck();
      const { runId } = await order.handle.describe();
      await order.handle.signal('cancel', WHO);
      for (let looks = 0; looks < 12; looks++) await order.handle.signal('forceReconcile', WHO);
      await eventually(async () => expectThat((await order.runId()) !== runId, 'it does not go on in a new run'));
    },
  },
};

/** What distinguishes the order of a life from others. */
export function changesOf({ changes = {}, expiresInMs }: OrderLife): Partial<OrderRequestInput> {
  if (expiresInMs === undefined) return changes;
  return { ...changes, expiresAt: new Date(Date.now() + expiresInMs).toISOString() };
}
