import type { PositionHistory, PositionState } from '../../domain/position';
import { averageEntryPriceOf } from '../../domain/position';
import { historyKey, positionExchangeKey, positionKey } from './keys';
import type { Attributes } from './order-item';
import { ITEM_VERSION } from './order-item';
import { HISTORY_PARTITION_KEY, HISTORY_SORT_KEY, POSITION_SORT_KEY } from './tables';

/** The position's item; averageEntryPrice is there for readers and never read back. */
export function positionItemOf(position: PositionState): Attributes {
  return {
    itemVersion: ITEM_VERSION,
    ...positionKey(position),
    exchangeKey: positionExchangeKey(position.tenantId, position.exchangeId),
    averageEntryPrice: averageEntryPriceOf(position),
    ...position,
  };
}

export function positionOf(item: Attributes): PositionState {
  const { itemVersion: _1, exchangeKey: _2, averageEntryPrice: _3, [POSITION_SORT_KEY]: _4, ...position } = item;
  return position as unknown as PositionState;
}

export function historyItemOf(history: PositionHistory): Attributes {
  return { itemVersion: ITEM_VERSION, ...historyKey(history), ...history };
}

export function historyOf(item: Attributes): PositionHistory {
  const { itemVersion: _1, [HISTORY_PARTITION_KEY]: _2, [HISTORY_SORT_KEY]: _3, ...history } = item;
  return history as unknown as PositionHistory;
}
