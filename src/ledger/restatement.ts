import { Decimal, formatDecimal, parseDecimal } from '../domain/decimal';
import { describeFaults, type Fault, ServiceError } from '../domain/errors';
import type { BookedExecution, ExecutionUpdate, OrderState, Restatement } from '../domain/order';
import type { FillItem } from '../storage/dynamodb/order-fills';
import { executionFaults } from './execution-faults';

/** A trade that an exchange has cancelled (a bust) or corrected. */
export interface FillRestatement {
  tenantId: string;
  orderId: string;
  /** Of the booked entry: a trade, or an earlier correction of it. */
  executionId: string;
  reason: string;
  /** A person, or an exchange id. */
  by: string;
  /** What the trade was, where it is corrected; quantity in base, price in quote. */
  correction?: Pick<ExecutionUpdate, 'quantity' | 'price' | 'commission' | 'commissionAsset'>;
}

/** What there is to restate: the order, the trade, and what it was corrected to before. */
interface BookedSoFar {
  order: OrderState | undefined;
  fill: FillItem | undefined;
  corrected: FillItem | undefined;
}

type OnWhoseWord = Pick<Restatement, 'reason' | 'by' | 'realizedPnL'>;

/** The id says what it reverses, so that an entry is reversed once whoever asks for it, and however often. */
export function reversalIdOf(executionId: string): string {
  return `${executionId}-reversed`;
}

export function correctionIdOf(executionId: string): string {
  return `${executionId}-corrected`;
}

/** The same entry with its signs turned. */
export function reversalOf(execution: BookedExecution, word: OnWhoseWord): BookedExecution {
  const { provisional: _provisional, restates: _restates, quoteQuantity, ...entry } = execution;
  return {
    ...entry,
    ...(quoteQuantity !== undefined && { quoteQuantity: negated(quoteQuantity) }),
    executionId: reversalIdOf(entry.executionId),
    quantity: negated(entry.quantity),
    commission: negated(entry.commission),
    restates: { kind: 'REVERSAL', executionId: entry.executionId, ...word },
  };
}

/** The reversal of a booked fill, which takes back what that one had realized; told as of `told`. */
export function reversalOfFill(
  { execution, realizedPnL }: Pick<FillItem, 'execution' | 'realizedPnL'>,
  { reason, by }: Pick<Restatement, 'reason' | 'by'>,
  { timestamp, receivedAt }: Pick<BookedExecution, 'timestamp' | 'receivedAt'>,
): BookedExecution {
  const word = { reason, by, ...(realizedPnL !== undefined && { realizedPnL }) };
  return { ...reversalOf(execution, word), timestamp, receivedAt };
}

/**
 * The entries that a restatement comes to: the reversal, made known at `at`, and the correction, which has the trade's
 * own time.
 * @throws ServiceError ORDER_NOT_FOUND, INVALID_INPUT with all faults, RESOLUTION_REFUSED while the order may trade
 */
export function entriesOf(
  request: FillRestatement,
  { order, fill, corrected }: BookedSoFar,
  at: string,
): BookedExecution[] {
  const { tenantId, orderId, executionId, reason, by, correction } = request;
  if (order === undefined) throw new ServiceError('ORDER_NOT_FOUND', `Tenant ${tenantId} has no order ${orderId}.`);
  if (fill === undefined) throw refusedTrade(executionId, `is not booked on order ${orderId}`);
  refuseUnfit(fill, order, request);
  refuseCorrected(corrected, request);
  const reversal = reversalOfFill(fill, request, { timestamp: at, receivedAt: at });
  if (correction === undefined) return [reversal];
  const restates: Restatement = { kind: 'CORRECTION', executionId, reason, by };
  const { quoteQuantity: _ofTheTrade, ...trade } = fill.execution;
  const replacement = {
    ...trade,
    ...correction,
    executionId: correctionIdOf(executionId),
    receivedAt: at,
    restates,
  };
  const faults = executionFaults([replacement]).map(({ field, message }) => ({
    field: field.slice('[0].'.length),
    message,
  }));
  if (faults.length > 0) throw new ServiceError('INVALID_INPUT', `Not corrected: ${describeFaults(faults)}`, faults);
  return [reversal, replacement];
}

function refuseUnfit({ execution }: FillItem, { lifecycle }: OrderState, request: FillRestatement): void {
  const { orderId, executionId, correction } = request;
  if (parseDecimal(execution.quantity).lt(0)) throw refusedTrade(executionId, 'is itself a reversal');
  if (execution.provisional === true && correction !== undefined)
    throw refusedTrade(executionId, "is provisional: the exchange's own fills correct it; only a bust is possible");
  if (lifecycle.completedAt !== undefined) return;
  // The exchange still counts the trade in what it says of the order, which would wait for it until somebody looks.
  throw new ServiceError(
    'RESOLUTION_REFUSED',
    `Order ${orderId} may still trade: cancel it before its trade is restated.`,
  );
}

/** The trade does not count any more; its correction does, which is this very one only if it has the same amounts. */
function refuseCorrected(corrected: FillItem | undefined, { executionId, correction }: FillRestatement): void {
  if (corrected === undefined) return;
  const before = corrected.execution;
  const isSame =
    correction?.commissionAsset === before.commissionAsset &&
    (['quantity', 'price', 'commission'] as const).every((amount) => correction[amount] === before[amount]);
  if (!isSame) throw refusedTrade(executionId, `is corrected already: restate ${before.executionId}`);
}

function refusedTrade(executionId: string, message: string): ServiceError {
  const fault: Fault = { field: 'executionId', message: `${message}, got ${executionId}` };
  return new ServiceError('INVALID_INPUT', `Trade ${executionId} ${message}.`, [fault]);
}

function negated(amount: string): string {
  return formatDecimal(new Decimal(amount).neg());
}
