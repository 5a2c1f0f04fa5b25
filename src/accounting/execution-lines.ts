import { type DecimalString, formatDecimal } from '../domain/decimal';
import type { ExchangeId } from '../domain/exchange';
import type { BookedExecution, Liquidity } from '../domain/order';
import type { OrderSide } from '../domain/order-request';
import { quoteAmountOf } from '../domain/quote-amount';
import { isoTime } from '../platform/clock';
import type { BookedEntry } from '../storage/executions';

export const EXECUTION_KINDS = ['TRADE', 'PROVISIONAL', 'REVERSAL', 'CORRECTION'] as const;
export type ExecutionKind = (typeof EXECUTION_KINDS)[number];

/**
 * One booked execution, or an entry that cancels or corrects one. Quantities in base, price and amounts in quote. A
 * reversal has its trade's side and the amounts' signs turned, so that every column adds up over the lines.
 */
export interface ExecutionLine {
  kind: ExecutionKind;
  executionId: string;
  /** Of the line that this one cancels or corrects. */
  restates?: string;
  orderId: string;
  strategyId: string;
  exchangeId: ExchangeId;
  exchangeOrderId: string;
  assetId: string;
  side: OrderSide;
  quantity: DecimalString;
  price: DecimalString;
  /** What it moved in quote, by the exchange's word, else price × quantity. */
  amount: DecimalString;
  commission: DecimalString;
  commissionAsset: string;
  liquidity?: Liquidity;
  /** What it realized in its position against the average cost, gross of commissions. */
  realizedPnL?: DecimalString;
  /** The exchange's time; of a reversal when it was made known. */
  executedAt: string;
  bookedAt: string;
  reason?: string;
  /** On whose word it restates. */
  by?: string;
}

export async function* executionLines(entries: AsyncIterable<BookedEntry>): AsyncGenerator<ExecutionLine> {
  for await (const entry of entries) yield executionLineOf(entry);
}

export function executionLineOf({ execution, strategyId, bookedAt, realizedPnL }: BookedEntry): ExecutionLine {
  const { liquidity, restates } = execution;
  return {
    kind: kindOf(execution),
    executionId: execution.executionId,
    ...(restates !== undefined && { restates: restates.executionId }),
    orderId: execution.orderId,
    strategyId,
    exchangeId: execution.exchangeId,
    exchangeOrderId: execution.exchangeOrderId,
    assetId: execution.assetId,
    side: execution.side,
    quantity: execution.quantity,
    price: execution.price,
    amount: formatDecimal(quoteAmountOf(execution)),
    commission: execution.commission,
    commissionAsset: execution.commissionAsset,
    ...(liquidity !== undefined && { liquidity }),
    ...(realizedPnL !== undefined && { realizedPnL }),
    executedAt: isoTime(Date.parse(execution.timestamp)),
    bookedAt,
    ...(restates !== undefined && { reason: restates.reason, by: restates.by }),
  };
}

function kindOf({ restates, provisional }: BookedExecution): ExecutionKind {
  return restates?.kind ?? (provisional === true ? 'PROVISIONAL' : 'TRADE');
}
