import { patched } from '@temporalio/workflow';
import { Decimal, sum } from '../../src/domain/decimal';
import type { OrderError } from '../../src/domain/errors';
import { orderError } from '../../src/domain/errors';
import type { ExecutionUpdate } from '../../src/domain/order';
import { ledgerActivities } from './activity-options';
import { cancelAtExchange } from './cancel';
import type { ResolveRequest } from './contract';
import { record } from './doubt';
import { exchangeOf, lookUp } from './lookup';
import { now, type OrderLife } from './order-life';
import { publish } from './publish';

/** Carries out the oldest decision of a person. Each is in the order's events, with who and why, whatever came of it. */
export async function resolveNext(life: OrderLife): Promise<void> {
  const resolution = life.resolutions.shift();
  if (resolution === undefined) return;
  const { action, reason, resolvedBy } = resolution.request;
  publish(life, `${action} by ${resolvedBy}`);
  const error = await CARRY_OUT[action](life, resolution.request);
  const detail = `${action}: ${reason}${error === undefined ? '' : ` (refused: ${error.message})`}`;
  await record(life, {
    ...(life.ended && life.stuck !== undefined && { stuck: null }),
    events: [{ type: 'RESOLVED', at: now(), by: resolvedBy, detail }],
  });
  if (life.settled) life.endDoubt();
  resolution.answer = error === undefined ? {} : { error };
}

type CarryOut = (life: OrderLife, request: ResolveRequest) => Promise<OrderError | undefined>;

const CARRY_OUT: Record<ResolveRequest['action'], CarryOut> = {
  CANCEL: cancelNow,
  RECONCILE: reconcile,
  MARK_FILLED: markFilled,
  MARK_REJECTED: markRejected,
};

async function cancelNow(life: OrderLife, { reason, resolvedBy }: ResolveRequest): Promise<undefined> {
  const request = { reason, requestedBy: resolvedBy };
  if (life.held) life.requestCancel(request);
  else await cancelAtExchange(life, request);
}

async function reconcile(life: OrderLife): Promise<undefined> {
  if (!life.held) await lookUp(life);
}

/** Believed only where the exchange does not say otherwise: an order that it has is cancelled instead. */
async function markRejected(life: OrderLife, { reason, resolvedBy }: ResolveRequest): Promise<OrderError | undefined> {
  if (life.stuck === undefined) return notStuck(life);
  await lookUp(life);
  if (isCertain(life)) return certain(life);
  if (life.facts.ledger.fillCount > 0) {
    return orderError(
      'RESOLUTION_REFUSED',
      'Fills of the order are booked, so the exchange had it: CANCEL it instead.',
    );
  }
  const error = orderError('EXCHANGE_REJECTED', `${resolvedBy} decided: ${reason}.`);
  await record(life, { phase: 'REJECTED', error, stuck: null, amendment: null });
  return undefined;
}

/** Books what the exchange shows; what it does not show only as the person reports it, provisionally. */
async function markFilled(
  life: OrderLife,
  { fills = [], resolvedBy }: ResolveRequest,
): Promise<OrderError | undefined> {
  if (life.stuck === undefined) return notStuck(life);
  await lookUp(life);
  if (life.settled) return undefined;
  if (isCertain(life)) return certain(life);
  if (fills.length === 0) {
    const what = `The exchange shows no executions to book. Give "fills": [{quantity, price, commission, commissionAsset, timestamp}].`;
    return orderError('RESOLUTION_REFUSED', what);
  }
  const { remainingQuantity } = life.view();
  const total = sum(fills.map(({ quantity }) => quantity));
  if (new Decimal(total).gt(remainingQuantity)) {
    const what = `The fills add up to ${total}, more than the ${remainingQuantity} that remain of the order.`;
    return orderError('RESOLUTION_REFUSED', what);
  }
  const unconfirmed = await confirm(life, { fills, resolvedBy });
  if (unconfirmed !== undefined) return unconfirmed;
  life.adoptLedger(await ledgerActivities.bookExecutions(reported(life, fills)));
  await record(life, {
    phase: 'FILLED',
    exchangeFilledQuantity: life.facts.ledger.filledQuantity,
    stuck: null,
    amendment: null,
  });
  return undefined;
}

/** Where the tenant wants four eyes, the first report is noted, and the second must be the same, by somebody else. */
async function confirm(life: OrderLife, report: NonNullable<OrderLife['report']>): Promise<OrderError | undefined> {
  if (!patched('four-eyes-mark-filled')) return undefined;
  if (!(await ledgerActivities.wantsSecondReport(life.request.tenantId))) return undefined;
  const { report: first } = life;
  const isSame = JSON.stringify(first?.fills) === JSON.stringify(report.fills);
  if (isSame && first?.resolvedBy !== report.resolvedBy) return undefined;
  life.report = report;
  return unseconded(report.resolvedBy);
}

function unseconded(resolvedBy: string): OrderError {
  const what = `The fills that ${resolvedBy} reports are noted: they are booked when somebody else reports the same (fourEyesMarkFilled).`;
  return orderError('RESOLUTION_REFUSED', what);
}

function reported(life: OrderLife, fills: NonNullable<ResolveRequest['fills']>): ExecutionUpdate[] {
  const { orderId, tenantId, assetId, side } = life.request;
  const { fillCount } = life.facts.ledger;
  return fills.map((fill, position) => ({
    ...fill,
    executionId: `provisional-${fillCount + position + 1}`,
    provisional: true,
    orderId,
    tenantId,
    assetId,
    side,
    exchangeOrderId: life.exchangeOrderId ?? 'unknown',
    exchangeId: exchangeOf(life),
    receivedAt: now(),
  }));
}

function notStuck({ status }: OrderLife): OrderError {
  const what = `The order is not stuck, it is ${status}: a status is set by hand only where nobody can say how it stands.`;
  return orderError('RESOLUTION_REFUSED', what);
}

/** After a lookup: the exchange has said how the order stands, though its cancel may still be wanted. */
function isCertain(life: OrderLife): boolean {
  return life.stuck === undefined || life.cancel !== undefined;
}

function certain({ status }: OrderLife): OrderError {
  return orderError('RESOLUTION_REFUSED', `The exchange has just said how the order stands: ${status}.`);
}
