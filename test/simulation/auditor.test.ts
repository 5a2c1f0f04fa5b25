import { clientOrderIdOf, orderIdOf } from '../../src/domain/ids';
import type { Fill, Order } from '../../src/domain/order';
import type { SimulatorState } from '../../src/simulator/admin-api';
import type { OrderView, Trade } from '../../src/simulator/exchange/model';
import { auditAccount, type OurBooks } from './auditor';

const TENANT = 'ada';
const ORDER = orderIdOf(TENANT, 'first');
const EXPIRES_AT = '2026-05-01T12:00:00.000Z';

const RECORD = {
  orderId: ORDER,
  tenantId: TENANT,
  assetId: 'BTC/USDT',
  side: 'BUY',
  orderType: 'LIMIT',
  quantity: '1',
  price: '50000',
  timeInForce: 'GTC',
  status: 'PARTIALLY_FILLED',
  filledQuantity: '0.4',
  exchangeOrderId: '7',
  clientOrderId: clientOrderIdOf(ORDER, 0),
  events: [],
} as unknown as Order;

const FILL = { executionId: '11', quantity: '0.4' } as Fill;

const VIEW = {
  symbol: 'BTCUSDT',
  accountId: TENANT,
  orderId: 7,
  clientOrderId: clientOrderIdOf(ORDER, 0),
  side: 'BUY',
  execution: 'LIMIT',
  timeInForce: 'GTC',
  price: '50000',
  quantity: '1',
  executed: '0.4',
  status: 'PARTIALLY_FILLED',
  updatedAtMs: Date.parse(EXPIRES_AT),
} as OrderView;

const TRADE = {
  symbol: 'BTCUSDT',
  tradeId: 11,
  quantity: '0.4',
  takerSide: 'SELL',
  maker: { accountId: TENANT, orderId: 7, clientOrderId: VIEW.clientOrderId, fee: '0', feeAsset: 'BTC' },
  taker: { accountId: '$counterparty', orderId: 8, clientOrderId: '', fee: '0', feeAsset: 'USDT' },
} as Trade;

const POSITION = { assetId: 'BTC/USDT', quantity: '0.4', version: 1 } as OurBooks['positions'][number];

interface Scene {
  orders?: OrderView[];
  record?: Partial<Order>;
  fills?: Fill[];
  position?: Partial<OurBooks['positions'][number]>;
}

function findingsOf({ orders = [VIEW], record = {}, fills = [FILL], position = {} }: Scene): string[] {
  const exchange = { orders, trades: [TRADE] } as unknown as SimulatorState;
  const books = { orders: [{ order: { ...RECORD, ...record }, fills }], positions: [{ ...POSITION, ...position }] };
  return auditAccount(exchange, TENANT, books).findings;
}

const replaced: OrderView[] = [
  { ...VIEW, status: 'CANCELED' },
  { ...VIEW, orderId: 9, clientOrderId: clientOrderIdOf(ORDER, 1), price: '51000', executed: '0', status: 'NEW' },
];
const asReplaced: Partial<Order> = { exchangeOrderId: '9', clientOrderId: clientOrderIdOf(ORDER, 1), price: '51000' };

test('books that agree with the exchange give no finding, also over a replacement', () => {
  expect(findingsOf({})).toEqual([]);
  expect(findingsOf({ orders: replaced, record: asReplaced })).toEqual([]);
});

test.each<[string, Scene, RegExp]>([
  ['an order that was sent twice', { orders: [VIEW, { ...VIEW, orderId: 8, executed: '0' }] }, /was sent 2 times/],
  [
    'a fill that is booked twice',
    { fills: [FILL, { ...FILL, executionId: '12' }] },
    /sum of fills is 0\.8 here, 0\.4 at the exchange/,
  ],
  ['a position that counts a fill twice', { position: { quantity: '0.8' } }, /position BTCUSDT is 0\.8 here, 0\.4/],
  ['a fill that is not booked', { fills: [], record: { filledQuantity: '0' } }, /filled quantity is 0 here, 0\.4/],
  ['an end that is not recorded', { orders: [{ ...VIEW, status: 'CANCELED' }] }, /status is PARTIALLY_FILLED here/],
  [
    'a change that is recorded and did not happen',
    { record: { price: '51000' } },
    /price is 51000 here, 50000 at the exchange/,
  ],
  [
    'an order that lives on beside its replacement',
    { orders: [VIEW, replaced[1]!], record: asReplaced },
    /is live beside its own replacement/,
  ],
  ['an order that no record knows', { orders: [VIEW, { ...VIEW, clientOrderId: 'x' }] }, /that no record knows/],
  ['an order that the exchange never had', { orders: [] }, /the exchange never had it/],
])('%s is found', (_what, scene, finding) => {
  expect(findingsOf(scene).join('\n')).toMatch(finding);
});

test('an order that the service ends at its time is EXPIRED, and one that was cancelled before is not', () => {
  const gtd = { timeInForce: 'GTD', expiresAt: EXPIRES_AT, filledQuantity: '0' } as const;
  const ended = (updatedAtMs: number): OrderView => ({ ...VIEW, executed: '0', status: 'CANCELED', updatedAtMs });
  const statusFindings = (status: Order['status'], updatedAtMs: number): string[] =>
    findingsOf({ orders: [ended(updatedAtMs)], record: { ...gtd, status } }).filter((text) => /status is/.test(text));
  expect(statusFindings('EXPIRED', VIEW.updatedAtMs)).toEqual([]);
  expect(statusFindings('CANCELLED', VIEW.updatedAtMs)).toHaveLength(1);
  expect(statusFindings('EXPIRED', VIEW.updatedAtMs - 5_000)).toHaveLength(1);
  expect(statusFindings('CANCELLED', VIEW.updatedAtMs - 5_000)).toEqual([]);
});
