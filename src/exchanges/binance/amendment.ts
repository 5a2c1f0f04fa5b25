import { Decimal, parseDecimal } from '../../domain/decimal';
import type { OrderError } from '../../domain/errors';
import { orderError } from '../../domain/errors';
import type { OrderModification } from '../../domain/order';
import type { BinanceInstrument } from './instruments';
import type { QueriedOrder, WireOrderStatus } from './wire';

/** How a modification is made, or why not. */
export type ModificationPlan =
  | { kind: 'denied'; error: OrderError }
  | { kind: 'rejected'; error: OrderError }
  /** In place, keeping its priority: Binance only takes quantities down. */
  | { kind: 'amend'; quantity: string }
  /** Cancelled and placed anew in one call. */
  | { kind: 'replace' };

const LIVE: ReadonlySet<WireOrderStatus> = new Set(['NEW', 'PENDING_NEW', 'PARTIALLY_FILLED', 'PENDING_CANCEL']);

/**
 * Decides by the order as Binance has it. An order that is filled in part is never replaced: the replacement's quantity
 * would have to be the rest, and another fill between our look and the replacement would make the total too large.
 */
export function planModification(
  what: string,
  current: QueriedOrder,
  { newPrice, newStopPrice, newQuantity }: OrderModification,
  instrument: BinanceInstrument,
): ModificationPlan {
  const filled = parseDecimal(current.executedQty);
  if (!LIVE.has(current.status)) {
    return { kind: 'rejected', error: orderError('ORDER_CLOSED', `${what}: it is ${current.status} at BINANCE.`) };
  }
  if (newQuantity !== undefined && filled.gte(newQuantity)) {
    const sentence = `${what}: ${current.executedQty} of it is filled, newQuantity must be more, got ${newQuantity}.`;
    return { kind: 'denied', error: orderError('INVALID_INPUT', sentence) };
  }
  const onlyQuantity = newPrice === undefined && newStopPrice === undefined && newQuantity !== undefined;
  if (onlyQuantity && instrument.amendAllowed && new Decimal(newQuantity).lt(current.origQty)) {
    return { kind: 'amend', quantity: newQuantity };
  }
  if (filled.gt(0)) {
    const sentence = `${what}: ${current.executedQty} of it is filled, and BINANCE can't replace the rest exactly. Cancel it and submit a new order.`;
    return { kind: 'denied', error: orderError('UNSUPPORTED', sentence) };
  }
  if (!instrument.cancelReplaceAllowed) {
    const sentence = `${what}: BINANCE has no cancel-replace on ${instrument.assetId}.`;
    return { kind: 'denied', error: orderError('UNSUPPORTED', sentence) };
  }
  return { kind: 'replace' };
}
