import type { Adjustment, PositionHistory, PositionState } from '../../domain/position';
import { averageEntryPriceOf } from '../../domain/position';
import { type Attributes, ItemForm } from './item-form';
import { adjustmentKey, historyKey, positionExchangeKey, positionKey } from './keys';
import { HISTORY_PARTITION_KEY, HISTORY_SORT_KEY, POSITION_SORT_KEY } from './tables';

/** 2: quoteFlow, from when on it is kept; it is only ever compared with what it was at an earlier instant. */
export const POSITION_FORM = new ItemForm([(item) => ({ quoteFlow: '0', ...item })]);
/** 2: the whole position after the change. What an older record did not say of it is not made up. */
export const HISTORY_FORM = new ItemForm([(item) => item]);
const ADJUSTMENT_FORM = new ItemForm();

/** The position's item; averageEntryPrice is there for readers and never read back. */
export function positionItemOf(position: PositionState): Attributes {
  return {
    itemVersion: POSITION_FORM.version,
    ...positionKey(position),
    exchangeKey: positionExchangeKey(position.tenantId, position.exchangeId),
    averageEntryPrice: averageEntryPriceOf(position),
    ...position,
  };
}

export function positionOf(item: Attributes): PositionState {
  const current = POSITION_FORM.upgraded(item);
  const { itemVersion: _1, exchangeKey: _2, averageEntryPrice: _3, [POSITION_SORT_KEY]: _4, ...position } = current;
  return position as unknown as PositionState;
}

export function historyItemOf(history: PositionHistory): Attributes {
  return { itemVersion: HISTORY_FORM.version, ...historyKey(history), ...history };
}

/** An adjustment that is booked, with the record of it: the item whose existence keeps it from being booked again. */
export interface BookedAdjustmentItem {
  adjustment: Adjustment;
  history: PositionHistory;
}

export function adjustmentItemOf({ adjustment, history }: BookedAdjustmentItem): Attributes {
  return { itemVersion: ADJUSTMENT_FORM.version, ...adjustmentKey(adjustment), adjustment, history };
}

export function bookedAdjustmentOf(item: Attributes): BookedAdjustmentItem {
  const { adjustment, history } = ADJUSTMENT_FORM.upgraded(item);
  return { adjustment, history } as BookedAdjustmentItem;
}

export function historyOf(item: Attributes): PositionHistory {
  const current = HISTORY_FORM.upgraded(item);
  const { itemVersion: _1, [HISTORY_PARTITION_KEY]: _2, [HISTORY_SORT_KEY]: _3, ...history } = current;
  return history as unknown as PositionHistory;
}
