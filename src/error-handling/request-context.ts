import type { RequestContext } from './error-handler';

/** What of a call's arguments may be shown: names and terms of orders. Everything else stays where it is. */
const SHOWN_FIELDS = [
  'orderId',
  'clientOrderId',
  'exchangeOrderId',
  'strategyId',
  'assetId',
  'side',
  'orderType',
  'timeInForce',
  'quantity',
  'price',
  'stopPrice',
  'newQuantity',
  'newPrice',
  'newStopPrice',
  'sendBy',
] as const;

/** What an adapter was asked, for the log and for people. */
export function requestContextOf(tenantId: string, call: string, args: readonly unknown[]): RequestContext {
  const parts = args.filter((arg) => typeof arg === 'object' && arg !== null) as Record<string, unknown>[];
  const sources = parts.flatMap((part) => [part, (part['request'] ?? {}) as Record<string, unknown>]);
  const request = Object.fromEntries(
    SHOWN_FIELDS.flatMap((field) => {
      const value = sources.map((source) => source[field]).find((found) => found !== undefined);
      return value === undefined ? [] : [[field, value]];
    }),
  );
  const { orderId } = request as { orderId?: unknown };
  return { tenantId, call, ...(typeof orderId === 'string' && { orderId }), request };
}
