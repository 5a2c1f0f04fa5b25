import { Decimal, type DecimalString, formatDecimal, sum } from '../domain/decimal';
import type { OrderState } from '../domain/order';
import { termsOf } from '../domain/order-state';
import type { SubmitMark } from '../storage/submit-marks';
import type { ExecutionMetrics } from './metrics';

/** Ratios are measures, not money: so many digits are plenty. */
const RATIO_DIGITS = 12;

/** The measures of an order that has ended and reached its exchange; undefined for any other. */
export function executionMetricsOf(
  state: OrderState,
  mark: SubmitMark,
  timestamp: string,
): ExecutionMetrics | undefined {
  const { request, lifecycle } = state;
  const { tenantId, exchangeId, assetId, orderType } = request;
  const { submittedAt } = lifecycle;
  if (exchangeId === undefined || submittedAt === undefined) return undefined;
  const slippage = slippageOf(state, mark.mid);
  const commission = commissionOf(state);
  return {
    tenantId,
    exchangeId,
    assetId,
    orderType,
    latencyMs: Math.max(0, Date.parse(submittedAt) - mark.sentAtMs),
    ...(slippage !== undefined && { slippage }),
    ...(commission !== undefined && { commission }),
    fillRate: ratio(new Decimal(state.ledger.filledQuantity).div(termsOf(state).quantity)),
    timestamp,
  };
}

function slippageOf(state: OrderState, mid: DecimalString | undefined): DecimalString | undefined {
  const price = averagePriceOf(state);
  if (price === undefined || mid === undefined) return undefined;
  const beyond = price.minus(mid).div(mid);
  return ratio(state.request.side === 'BUY' ? beyond : beyond.negated());
}

function commissionOf(state: OrderState): DecimalString | undefined {
  const [base = '', quote = ''] = state.request.assetId.split('/');
  const price = averagePriceOf(state);
  const parts = Object.entries(state.ledger.commissions).map(([asset, amount]) => {
    if (new Decimal(amount).isZero()) return '0';
    if (asset === quote) return amount;
    return asset === base && price !== undefined ? formatDecimal(price.times(amount)) : undefined;
  });
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length ? sum(known) : undefined;
}

function averagePriceOf({ ledger }: OrderState): Decimal | undefined {
  const quantity = new Decimal(ledger.filledQuantity);
  return quantity.isZero() ? undefined : new Decimal(ledger.cost).div(quantity);
}

function ratio(value: Decimal): DecimalString {
  return formatDecimal(value.toDecimalPlaces(RATIO_DIGITS));
}
