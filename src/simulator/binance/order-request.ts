import { Decimal } from '../../domain/decimal';
import type { OrderRequest, SelfTradePrevention, Side, TimeInForce, Trigger } from '../exchange/model';
import type { SymbolMarket } from '../exchange/symbol-market';
import { errors } from './binance-error';
import { type Params, decimalPlaces } from './params';

export const ORDER_TYPES = [
  'LIMIT',
  'LIMIT_MAKER',
  'MARKET',
  'STOP_LOSS',
  'STOP_LOSS_LIMIT',
  'TAKE_PROFIT',
  'TAKE_PROFIT_LIMIT',
] as const;
export type OrderType = (typeof ORDER_TYPES)[number];
export const STP_MODES: readonly SelfTradePrevention[] = [
  'NONE',
  'EXPIRE_TAKER',
  'EXPIRE_MAKER',
  'EXPIRE_BOTH',
  'DECREMENT',
];
export const RESPONSE_TYPES = ['ACK', 'RESULT', 'FULL'] as const;

/** Parameters of a new order, beside those that every signed request has. */
export const ORDER_PARAMS = [
  'symbol',
  'side',
  'type',
  'timeInForce',
  'quantity',
  'quoteOrderQty',
  'price',
  'newClientOrderId',
  'strategyId',
  'strategyType',
  'stopPrice',
  'trailingDelta',
  'icebergQty',
  'newOrderRespType',
  'selfTradePreventionMode',
  'pegPriceType',
  'pegOffsetValue',
  'pegOffsetType',
] as const;

const PRECISION_MAX = 8;
const STRATEGY_TYPE_MIN = 1_000_000;
const CLIENT_ORDER_ID_PATTERN = '^[a-zA-Z0-9-_]{1,36}$';
const CLIENT_ORDER_ID = /^[a-zA-Z0-9\-_]{1,36}$/;

/** What a type needs and what it must not have (rest-api.md, "additional mandatory parameters"). */
const RULES: Record<OrderType, { limited: boolean; triggered: boolean; timeInForce: boolean }> = {
  LIMIT: { limited: true, triggered: false, timeInForce: true },
  LIMIT_MAKER: { limited: true, triggered: false, timeInForce: false },
  MARKET: { limited: false, triggered: false, timeInForce: false },
  STOP_LOSS: { limited: false, triggered: true, timeInForce: false },
  STOP_LOSS_LIMIT: { limited: true, triggered: true, timeInForce: true },
  TAKE_PROFIT: { limited: false, triggered: true, timeInForce: false },
  TAKE_PROFIT_LIMIT: { limited: true, triggered: true, timeInForce: true },
};

/** @throws BinanceError -1100 for an id that Binance doesn't take */
export function readClientOrderId(params: Params, name: string): string | undefined {
  const id = params.text(name);
  if (id !== undefined && !CLIENT_ORDER_ID.test(id)) throw errors.illegalCharacters(name, CLIENT_ORDER_ID_PATTERN);
  return id;
}

/**
 * Reads a new order from its parameters; `freshId` makes a client order id when none was sent.
 * @throws BinanceError for parameters that are missing, too many, malformed or too precise
 */
export function readOrder(
  params: Params,
  context: { readonly market: SymbolMarket; readonly accountId: string; readonly freshId: () => string },
): OrderRequest {
  const side = readSide(params);
  const type = readType(params);
  const rules = RULES[type];
  if (params.has('pegPriceType')) throw errors.orderRejected('Pegged orders are not supported for this symbol.');
  const timeInForce = readTimeInForce(params, rules.timeInForce);
  const amounts = readAmounts(params, type);
  const trigger = readTrigger(params, { side, type });
  return {
    symbol: context.market.instrument.symbol,
    accountId: context.accountId,
    clientOrderId: readClientOrderId(params, 'newClientOrderId') ?? context.freshId(),
    side,
    execution: rules.limited ? 'LIMIT' : 'MARKET',
    postOnly: type === 'LIMIT_MAKER',
    ...amounts,
    timeInForce,
    selfTradePrevention: readStpMode(params),
    ...(trigger !== undefined && { trigger }),
    attributes: readAttributes(params, type, timeInForce),
  };
}

export function responseType(params: Params, type: string): (typeof RESPONSE_TYPES)[number] {
  const sent = params.oneOf('newOrderRespType', RESPONSE_TYPES);
  return sent ?? (type === 'MARKET' || type === 'LIMIT' ? 'FULL' : 'ACK');
}

function readSide(params: Params): Side {
  const side = params.mandatory('side');
  if (side !== 'BUY' && side !== 'SELL') throw errors.invalidSide();
  return side;
}

function readType(params: Params): OrderType {
  const sent = params.mandatory('type');
  const type = ORDER_TYPES.find((each) => each === sent);
  if (type === undefined) throw errors.invalidOrderType();
  return type;
}

function readTimeInForce(params: Params, isRequired: boolean): TimeInForce {
  const sent = params.text('timeInForce');
  if (!isRequired) {
    if (sent !== undefined) throw errors.notRequired('timeInForce');
    return 'GTC';
  }
  if (sent === undefined) throw errors.mandatory('timeInForce');
  if (sent !== 'GTC' && sent !== 'IOC' && sent !== 'FOK') throw errors.invalidTimeInForce();
  return sent;
}

function readAmounts(params: Params, type: OrderType): Pick<OrderRequest, 'price' | 'quantity' | 'quoteBudget'> {
  const price = preciseDecimal(params, 'price');
  const quantity = preciseDecimal(params, 'quantity');
  const quoteBudget = preciseDecimal(params, 'quoteOrderQty');
  if (RULES[type].limited && price === undefined) throw errors.mandatory('price');
  if (!RULES[type].limited && price !== undefined) throw errors.notRequired('price');
  if (type !== 'MARKET' && quoteBudget !== undefined) throw errors.notRequired('quoteOrderQty');
  if (type === 'MARKET' && quantity === undefined && quoteBudget === undefined) {
    throw errors.eitherMandatory('quantity', 'quoteOrderQty');
  }
  if (quantity !== undefined && quoteBudget !== undefined) throw errors.badCombination();
  if (type !== 'MARKET' && quantity === undefined) throw errors.mandatory('quantity');
  return {
    ...(price !== undefined && { price }),
    ...(quantity !== undefined && { quantity }),
    ...(quoteBudget !== undefined && { quoteBudget }),
  };
}

function readTrigger(params: Params, order: { side: Side; type: OrderType }): Trigger | undefined {
  const price = preciseDecimal(params, 'stopPrice');
  const trailingBips = params.long('trailingDelta');
  if (!RULES[order.type].triggered) {
    if (price !== undefined) throw errors.notRequired('stopPrice');
    if (trailingBips !== undefined) throw errors.notRequired('trailingDelta');
    return undefined;
  }
  if (price === undefined && trailingBips === undefined) throw errors.eitherMandatory('stopPrice', 'trailingDelta');
  const isStop = order.type.startsWith('STOP_LOSS');
  return {
    direction: isStop === (order.side === 'BUY') ? 'RISES_TO' : 'FALLS_TO',
    ...(price !== undefined && { price }),
    ...(trailingBips !== undefined && { trailingBips }),
  };
}

function readStpMode(params: Params): SelfTradePrevention {
  const sent = params.text('selfTradePreventionMode');
  if (sent === undefined) return 'NONE';
  const mode = STP_MODES.find((each) => each === sent);
  if (mode === undefined) throw errors.stpModeNotAllowed();
  return mode;
}

function readAttributes(params: Params, type: OrderType, timeInForce: TimeInForce): Record<string, string> {
  const strategyId = params.long('strategyId');
  const strategyType = params.long('strategyType');
  const icebergQty = preciseDecimal(params, 'icebergQty');
  if (strategyType !== undefined && strategyType < STRATEGY_TYPE_MIN) throw errors.strategyTypeTooLow();
  if (icebergQty !== undefined) {
    if (!RULES[type].limited) throw errors.notRequired('icebergQty');
    if (timeInForce !== 'GTC') throw errors.orderRejected('Unsupported order combination');
    if (new Decimal(icebergQty).greaterThan(params.mandatory('quantity'))) {
      throw errors.orderRejected('IcebergQty exceeds QTY.');
    }
  }
  return {
    type,
    ...(strategyId !== undefined && { strategyId: String(strategyId) }),
    ...(strategyType !== undefined && { strategyType: String(strategyType) }),
    ...(icebergQty !== undefined && { icebergQty }),
  };
}

function preciseDecimal(params: Params, name: string): string | undefined {
  const value = params.decimal(name);
  if (value !== undefined && decimalPlaces(value) > PRECISION_MAX) throw errors.badPrecision(name);
  return value;
}
