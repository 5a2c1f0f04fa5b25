import type { OrderSide, OrderType, TimeInForce } from '../../../src/domain/order-request';
import { ORDER_TYPES, TIMES_IN_FORCE } from '../../../src/domain/order-request';
import type { Dice } from './dice';

/** Where orders are placed: the price that each run begins with, and what an ordinary order is. */
export interface Market {
  assetId: string;
  symbol: string;
  price: string;
  priceStep: string;
  quantity: string;
  quantityStep: string;
}

export const MARKETS: readonly [Market, Market] = [
  {
    assetId: 'BTC/USDT',
    symbol: 'BTCUSDT',
    price: '60000',
    priceStep: '0.01',
    quantity: '0.02',
    quantityStep: '0.00001',
  },
  { assetId: 'ETH/USDT', symbol: 'ETHUSDT', price: '3000', priceStep: '0.01', quantity: '0.4', quantityStep: '0.0001' },
];

/** An order before it has a tenant, a key and a time. */
export interface PlannedOrder {
  market: Market;
  side: OrderSide;
  orderType: OrderType;
  timeInForce: TimeInForce;
  quantity: string;
  price?: string;
  stopPrice?: string;
  trailingDelta?: string;
  postOnly?: boolean;
  /** From its submission. */
  expiresInMs?: number;
}

const EXPIRES_WITHIN_MS = [1_500, 9_000] as const;

/** Any type with any time in force: also what no exchange takes and what only the service can do. */
export function drawOrder(dice: Dice): PlannedOrder {
  const market = dice.one(MARKETS);
  const side = dice.one(['BUY', 'SELL']);
  const orderType = dice.weighted<OrderType>([
    [9, 'LIMIT'],
    [2, 'MARKET'],
    ...ORDER_TYPES.map((type): [number, OrderType] => [1, type]),
  ]);
  const timeInForce = dice.weighted<TimeInForce>([
    [7, 'GTC'],
    [3, 'GTD'],
    ...TIMES_IN_FORCE.map((time): [number, TimeInForce] => [1, time]),
  ]);
  const mayRest = orderType === 'LIMIT' && (timeInForce === 'GTC' || timeInForce === 'GTD');
  return {
    market,
    side,
    orderType,
    timeInForce,
    quantity: dice.near(market.quantity, [-5_000, 5_000], market.quantityStep),
    ...drawPrices(dice, market, side, orderType),
    ...(mayRest && dice.chance(0.2) && { postOnly: true }),
    ...(timeInForce === 'GTD' && { expiresInMs: dice.between(...EXPIRES_WITHIN_MS) }),
  };
}

type Prices = Pick<PlannedOrder, 'price' | 'stopPrice' | 'trailingDelta'>;

/** Limits mostly on their own side of the market, stops mostly beyond it; now and then the other way round. */
function drawPrices(dice: Dice, { price: market, priceStep }: Market, side: OrderSide, orderType: OrderType): Prices {
  const isBuy = side === 'BUY';
  const limit = (): string => dice.near(market, isBuy ? [-300, 5] : [-5, 300], priceStep);
  const stop = (): string => dice.near(market, isBuy ? [-10, 150] : [-150, 10], priceStep);
  switch (orderType) {
    case 'MARKET':
      return {};
    case 'LIMIT':
      return { price: limit() };
    case 'STOP_LIMIT':
      return { price: limit(), stopPrice: stop() };
    case 'STOP_MARKET':
      return { stopPrice: stop() };
    case 'TRAILING_STOP':
      return { trailingDelta: dice.near(market, [-9_980, -9_900], priceStep) };
  }
}
