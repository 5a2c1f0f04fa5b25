import type { OrderManager } from '../client/order-manager';
import { Decimal, formatDecimal, roundForDisplay } from '../domain/decimal';
import type { Order } from '../domain/order';
import type { OrderRequestInput } from '../domain/order-request';
import { currenciesOf } from '../domain/order-request';
import type { Position } from '../domain/position';
import type { MarketData } from '../marketdata/market-data';
import type { PositionManager } from '../positions/position-manager';
import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import { DEMO_TENANT } from './demo';

const ASSET = 'BTC/USDT';
/** How far above the market the sample order may buy, so that it trades at once. */
const LIMIT_OVER_ASK = '1.001';

export interface SampleOrderParts {
  orderManager: OrderManager;
  positionManager: PositionManager;
  marketData: MarketData;
  clock: Clock;
  print(line: string): void;
}

/** Sends one order through all of the service and prints its life, then the position it made. @returns the order */
export async function runSampleOrder(parts: SampleOrderParts): Promise<Order> {
  const { orderManager, positionManager, clock, print } = parts;
  const request = await sampleRequest(parts);
  print(
    `Sample order: ${request.side} ${request.quantity} ${ASSET} ${request.orderType} @ ${request.price} on BINANCE`,
  );
  const sentAtMs = clock.now();
  const { orderId } = await orderManager.submitOrder(request);
  print(`  answered in ${clock.now() - sentAtMs} ms`);
  const order = await orderManager.getOrder(DEMO_TENANT, orderId);
  for (const line of lifeOf(order)) print(line);
  const position = await positionManager.getPosition(DEMO_TENANT, ASSET, 'BINANCE');
  if (position !== null) print(describePosition(position));
  return order;
}

async function sampleRequest({ marketData, clock }: SampleOrderParts): Promise<OrderRequestInput> {
  const { ask } = await marketData.quote('BINANCE', ASSET);
  const timestamp = isoTime(clock.now());
  return {
    tenantId: DEMO_TENANT,
    strategyId: 'sample',
    assetId: ASSET,
    side: 'BUY',
    orderType: 'LIMIT',
    quantity: '0.01',
    price: formatDecimal(new Decimal(ask).times(LIMIT_OVER_ASK).toDecimalPlaces(0)),
    timeInForce: 'GTC',
    exchangeId: 'BINANCE',
    idempotencyKey: `sample-${timestamp}`,
    timestamp,
  };
}

/** What happened to the order, in order of time. */
function lifeOf({ events, fills }: Order): string[] {
  const steps = [
    ...events.map(({ at, type, by, detail }) => ({
      at,
      what: `${type} by ${by}${detail === undefined ? '' : `: ${detail}`}`,
    })),
    ...fills.map((fill) => ({
      at: fill.timestamp,
      what: `fill of ${fill.quantity} @ ${fill.price}, commission ${fill.commission} ${fill.commissionAsset}`,
    })),
  ];
  return steps.sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ at, what }) => `  ${at}  ${what}`);
}

function describePosition(position: Position): string {
  const { base, quote } = currenciesOf(position.assetId);
  const { currentPrice, unrealizedPnL = '0' } = position;
  const value =
    currentPrice === undefined
      ? 'no market price yet'
      : `now ${currentPrice}, unrealized P&L ${roundForDisplay(unrealizedPnL)} ${quote}`;
  const average = roundForDisplay(position.averageEntryPrice);
  return `Position: ${position.quantity} ${base} at ${average} on average, ${value}, realized P&L ${roundForDisplay(position.realizedPnL)} ${quote}`;
}
