import { Decimal } from '../../domain/decimal';
import type { Refusal } from '../exchange/commands';
import type { Outcome } from '../exchange/matching-engine';
import { type OrderRequest, type OrderView, isOpenStatus } from '../exchange/model';
import type { Order } from '../exchange/order';
import type { OrderResult, SymbolMarket } from '../exchange/symbol-market';
import { BinanceError, errors } from './binance-error';
import { type BinanceServices, type Call, type Endpoint, constantWeight, findMarket } from './endpoint';
import { checkFilters, checkQuantity } from './filters';
import { ORDER_PARAMS, readClientOrderId, readOrder, responseType } from './order-request';
import { type Params, decimalPlaces } from './params';
import { renderAck, renderAmended, renderCancel, renderFull, renderResult } from './render-order';

const CANCEL_REPLACE_PARAMS = [
  ...ORDER_PARAMS,
  'cancelReplaceMode',
  'cancelNewClientOrderId',
  'cancelOrigClientOrderId',
  'cancelOrderId',
  'cancelRestrictions',
  'orderRateLimitExceededMode',
];
const CANCEL_RESTRICTIONS = ['ONLY_NEW', 'ONLY_PARTIALLY_FILLED'];

/** The endpoints that place, cancel and amend orders. */
export const ORDER_ENDPOINTS: readonly Endpoint[] = [
  signed('POST', '/api/v3/order', { params: ORDER_PARAMS, handle: placeOrder, placesOrders: true }),
  signed('POST', '/api/v3/order/test', {
    weight: (params) => (params.has('computeCommissionRates') ? 20 : 1),
    params: [...ORDER_PARAMS, 'computeCommissionRates'],
    handle: testOrder,
  }),
  signed('DELETE', '/api/v3/order', {
    params: ['symbol', 'orderId', 'origClientOrderId', 'newClientOrderId', 'cancelRestrictions'],
    handle: cancelOrder,
  }),
  signed('DELETE', '/api/v3/openOrders', { params: ['symbol'], handle: cancelOpenOrders }),
  signed('POST', '/api/v3/order/cancelReplace', {
    params: CANCEL_REPLACE_PARAMS,
    handle: cancelReplace,
    placesOrders: true,
  }),
  signed('PUT', '/api/v3/order/amend/keepPriority', {
    weight: constantWeight(4),
    params: ['symbol', 'orderId', 'origClientOrderId', 'newClientOrderId', 'newQty'],
    handle: amendOrder,
  }),
];

function signed(
  method: Endpoint['method'],
  path: string,
  rest: Pick<Endpoint, 'params' | 'handle' | 'placesOrders'> & Partial<Pick<Endpoint, 'weight'>>,
): Endpoint {
  return { method, path, isSigned: true, weight: constantWeight(1), ...rest };
}

function placeOrder(services: BinanceServices, call: Call): object {
  const request = checkedOrder(services, call);
  services.limits.checkOrderCount(call.accountId);
  return sendOrder(services, call, request);
}

function testOrder(services: BinanceServices, call: Call): object {
  const request = checkedOrder(services, call);
  if (call.params.boolean('computeCommissionRates') !== true) return {};
  const { maker, taker } = services.exchange.engine.accounts.fees(request.accountId);
  const none = { maker: '0.00000000', taker: '0.00000000' };
  return {
    standardCommissionForOrder: { maker, taker },
    specialCommissionForOrder: none,
    taxCommissionForOrder: none,
    discount: { enabledForAccount: false, enabledForSymbol: false, discountAsset: 'BNB', discount: '0.00000000' },
  };
}

function checkedOrder(services: BinanceServices, { params, accountId }: Call): OrderRequest {
  const market = findMarket(services, params.symbol());
  const request = readOrder(params, { market, accountId, freshId: services.freshId });
  responseType(params, request.attributes['type'] ?? '');
  checkFilters(market, request, services.limits.limits);
  return request;
}

function sendOrder(services: BinanceServices, { params, accountId, nowMs }: Call, order: OrderRequest): object {
  // Counted first: the order's own fills take it off the count again while it is executed.
  services.limits.countOrder(accountId);
  const result = accepted(services.exchange.execute({ type: 'place', atMs: nowMs, order }), (refusal) => {
    services.limits.takeBackOrder(accountId);
    return placeError(refusal);
  });
  const type = responseType(params, order.attributes['type'] ?? '');
  if (type === 'ACK') return renderAck(result.order);
  return type === 'RESULT' ? renderResult(result.order) : renderFull(result.order, result.fills);
}

function cancelOrder(services: BinanceServices, call: Call): object {
  const { params } = call;
  const market = findMarket(services, params.symbol());
  const restrictions = readRestrictions(params);
  const clientOrderId = readClientOrderId(params, 'newClientOrderId') ?? services.freshId();
  const orderId = params.long('orderId');
  const origClientOrderId = params.text('origClientOrderId');
  const order = openOrder(market, call.accountId, { orderId, origClientOrderId });
  return cancelChecked(services, call, { order, clientOrderId, restrictions });
}

function cancelChecked(
  services: BinanceServices,
  { nowMs }: Call,
  cancel: { order: Order; clientOrderId: string; restrictions: string | undefined },
): object {
  const { order, clientOrderId, restrictions } = cancel;
  const isNew = order.status === 'NEW';
  if ((restrictions === 'ONLY_NEW' && !isNew) || (restrictions === 'ONLY_PARTIALLY_FILLED' && isNew)) {
    throw errors.cancelRejected('Order was not canceled due to cancel restrictions.');
  }
  const { symbol } = order.request;
  const command = { type: 'cancel', atMs: nowMs, symbol, orderId: order.orderId, clientOrderId } as const;
  const result = accepted(services.exchange.execute(command), () => errors.cancelRejected('Unknown order sent.'));
  return renderCancel(result.order, clientOrderId);
}

function cancelOpenOrders(services: BinanceServices, call: Call): object[] {
  const market = findMarket(services, call.params.symbol());
  const open = market.orders.openOf(call.accountId);
  if (open.length === 0) throw errors.cancelRejected('Unknown order sent.');
  const clientOrderId = services.freshId();
  return open.map((order) => cancelChecked(services, call, { order, clientOrderId, restrictions: undefined }));
}

/**
 * Cancels one order and places another, each with its own result.
 * @throws BinanceError -2021 (409) when one of them failed, -2022 (400) when both did
 */
function cancelReplace(services: BinanceServices, call: Call): object {
  const { params, accountId } = call;
  const mode = params.mandatory('cancelReplaceMode');
  if (mode !== 'STOP_ON_FAILURE' && mode !== 'ALLOW_FAILURE') throw errors.invalidData('cancelReplaceMode');
  const cancelOnly = params.oneOf('orderRateLimitExceededMode', ['DO_NOTHING', 'CANCEL_ONLY']) === 'CANCEL_ONLY';
  const request = checkedOrder(services, call);
  const exceeded = attempt(() => {
    services.limits.checkOrderCount(accountId);
    return {};
  });
  if (exceeded instanceof BinanceError && !cancelOnly) throw exceeded;
  const cancelResponse = attempt(() => cancelForReplace(services, call));
  const isStopped = cancelResponse instanceof BinanceError && mode === 'STOP_ON_FAILURE';
  if (isStopped) services.limits.countOrder(accountId);
  const newOrderResponse = isStopped
    ? undefined
    : exceeded instanceof BinanceError
      ? exceeded
      : attempt(() => sendOrder(services, call, request));
  return renderCancelReplace(cancelResponse, newOrderResponse);
}

function cancelForReplace(services: BinanceServices, call: Call): object {
  const { params } = call;
  const market = findMarket(services, params.symbol());
  const restrictions = readRestrictions(params);
  const clientOrderId = readClientOrderId(params, 'cancelNewClientOrderId') ?? services.freshId();
  const orderId = params.long('cancelOrderId');
  const origClientOrderId = params.text('cancelOrigClientOrderId');
  if (orderId === undefined && origClientOrderId === undefined) {
    throw errors.eitherMandatory('cancelOrigClientOrderId', 'cancelOrderId');
  }
  const order = openOrder(market, call.accountId, { orderId, origClientOrderId });
  return cancelChecked(services, call, { order, clientOrderId, restrictions });
}

function renderCancelReplace(cancelled: object, placed: object | undefined): object {
  const cancelFailed = cancelled instanceof BinanceError;
  const placeFailed = placed instanceof BinanceError;
  const data = {
    cancelResult: cancelFailed ? 'FAILURE' : 'SUCCESS',
    newOrderResult: placed === undefined ? 'NOT_ATTEMPTED' : placeFailed ? 'FAILURE' : 'SUCCESS',
    cancelResponse: cancelFailed ? cancelled.body() : cancelled,
    newOrderResponse: placeFailed ? placed.body() : (placed ?? null),
  };
  if (!cancelFailed && !placeFailed) return data;
  const isTooMany = placeFailed && placed.status === 429;
  const retry = isTooMany ? placed.detail : {};
  if (cancelFailed && (placed === undefined || placeFailed)) {
    throw new BinanceError(isTooMany ? 429 : 400, -2022, 'Order cancel-replace failed.', { ...retry, data });
  }
  throw new BinanceError(isTooMany ? 429 : 409, -2021, 'Order cancel-replace partially failed.', { ...retry, data });
}

function amendOrder(services: BinanceServices, call: Call): object {
  const { params, nowMs } = call;
  const market = findMarket(services, params.symbol());
  params.mandatory('newQty');
  const quantity = params.decimal('newQty') ?? '0';
  if (decimalPlaces(quantity) > 8) throw errors.badPrecision('newQty');
  const clientOrderId = readClientOrderId(params, 'newClientOrderId') ?? services.freshId();
  const wanted = { orderId: params.long('orderId'), origClientOrderId: params.text('origClientOrderId') };
  if (wanted.orderId === undefined && wanted.origClientOrderId === undefined) {
    throw errors.eitherMandatory('origClientOrderId', 'orderId');
  }
  const order = findOrder(market, call.accountId, wanted);
  if (order === undefined || !isOpenStatus(order.status)) throw errors.amendRejected('Unknown order sent.');
  checkQuantity(market.instrument, quantity);
  const previousClientOrderId = order.clientOrderId;
  const isIncrease = new Decimal(quantity).greaterThan(order.quantity);
  const { symbol } = market.instrument;
  const command = { type: 'reduce', atMs: nowMs, symbol, orderId: order.orderId, quantity, clientOrderId } as const;
  const result = accepted(services.exchange.execute(command), (refusal) => amendError(refusal, isIncrease));
  return renderAmended(result.order, previousClientOrderId, result.executionId);
}

/** The order by either id, or by both when they agree. */
export function findOrder(
  market: SymbolMarket,
  accountId: string,
  wanted: { readonly orderId: number | undefined; readonly origClientOrderId: string | undefined },
): Order | undefined {
  const { orderId, origClientOrderId } = wanted;
  if (orderId === undefined) return market.orders.findByClientId(accountId, origClientOrderId ?? '');
  const order = market.orders.get(orderId);
  if (order?.request.accountId !== accountId) return undefined;
  return origClientOrderId === undefined || order.clientOrderId === origClientOrderId ? order : undefined;
}

function openOrder(
  market: SymbolMarket,
  accountId: string,
  wanted: { readonly orderId: number | undefined; readonly origClientOrderId: string | undefined },
): Order {
  if (wanted.orderId === undefined && wanted.origClientOrderId === undefined) {
    throw errors.eitherMandatory('origClientOrderId', 'orderId');
  }
  const order = findOrder(market, accountId, wanted);
  if (order === undefined || !isOpenStatus(order.status)) throw errors.cancelRejected('Unknown order sent.');
  return order;
}

function readRestrictions(params: Params): string | undefined {
  const restrictions = params.text('cancelRestrictions');
  if (restrictions !== undefined && !CANCEL_RESTRICTIONS.includes(restrictions))
    throw errors.invalidCancelRestrictions();
  return restrictions;
}

function accepted(outcome: Outcome, toError: (refusal: Refusal) => BinanceError): OrderResult & { order: OrderView } {
  if (outcome.refused !== undefined) throw toError(outcome.refused);
  if (outcome.result === undefined) throw new Error('The engine answered an order command without an order.');
  return outcome.result;
}

function attempt(action: () => object): object {
  try {
    return action();
  } catch (error) {
    if (error instanceof BinanceError) return error;
    throw error;
  }
}

/** Texts from errors.md, "Messages for -1010, -2010, -2011 and -2038". */
function placeError(refusal: Refusal): BinanceError {
  switch (refusal) {
    case 'DUPLICATE_CLIENT_ORDER_ID':
      return errors.orderRejected('Duplicate order sent.');
    case 'INSUFFICIENT_BALANCE':
      return errors.orderRejected('Account has insufficient balance for requested action.');
    case 'WOULD_TAKE':
      return errors.orderRejected('Order would immediately match and take.');
    case 'WOULD_TRIGGER':
      return errors.orderRejected('Order would trigger immediately.');
    case 'NO_LIQUIDITY':
      return errors.orderRejected('Order book liquidity is less than symbol minimum quantity.');
    case 'UNKNOWN_SYMBOL':
      return errors.invalidSymbol();
    case 'UNKNOWN_ACCOUNT':
    case 'UNKNOWN_ORDER':
    case 'SYMBOL_EXISTS':
    case 'ACCOUNT_EXISTS':
    case 'KEY_EXISTS':
    case 'NOT_REDUCING':
    case 'BELOW_EXECUTED':
    case 'NOT_ON_BOOK':
      throw new Error(`The engine refused a new order with ${refusal}, which new orders can't run into.`);
  }
}

function amendError(refusal: Refusal, isIncrease: boolean): BinanceError {
  if (refusal === 'DUPLICATE_CLIENT_ORDER_ID') return errors.amendRejected('Duplicate order sent.');
  if (refusal === 'NOT_REDUCING' && isIncrease) {
    return errors.amendRejected('Order amend (quantity increase) is not supported.');
  }
  return errors.amendRejected('The requested action would change no state; rejecting.');
}
