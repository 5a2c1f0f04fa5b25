import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { instrumentOf } from '../../src/exchanges/binance/instruments';
import {
  eventsOfReport,
  executionOfTrade,
  executionsOfReply,
  orderOfReport,
  updateOf,
} from '../../src/exchanges/binance/translate';
import { eventOf, readBookTicker, readExecutionReport } from '../../src/exchanges/binance/stream-messages';
import * as wire from '../../src/exchanges/binance/wire';
import { UnreadableMessage } from '../../src/transport/websocket/socket-protocol';

const FIXTURES = join(__dirname, '../../src/exchanges/binance/fixtures');

/** A reader that is written by hand, as a schema. */
function readBy(reader: (message: unknown) => unknown): z.ZodType {
  return z.unknown().transform(reader);
}

const SCHEMAS: Record<string, z.ZodType> = {
  'http_post_order.full.json': wire.newOrderReply,
  'http_delete_order.json': wire.cancelReply,
  'http_post_order_cancelReplace.json': wire.cancelReplaceReply,
  'http_post_order_cancelReplace.cancel-failed.json': wire.cancelReplaceFailure,
  'http_post_order_cancelReplace.order-failed.json': wire.cancelReplaceFailure,
  'http_put_order_amend_keepPriority.json': wire.amendReply,
  'http_get_order.json': wire.queriedOrder,
  'http_get_openOrders.json': wire.openOrdersReply,
  'http_get_myTrades.json': wire.ownTradesReply,
  'http_get_account.json': wire.accountReply,
  'http_get_capital_deposit_hisrec.json': wire.depositsReply,
  'http_get_capital_withdraw_history.json': wire.withdrawalsReply,
  'http_get_time.json': wire.serverTimeReply,
  'http_get_ticker_bookTicker.json': wire.bookTickerReply,
  'http_get_exchangeInfo.json': wire.exchangeInfoReply,
  'http_error.invalid-symbol.json': wire.errorReply,
  'ws_executionReport.new.json': readBy((message) => readExecutionReport(eventOf(message))),
  'ws_eventStreamTerminated.json': readBy(eventOf),
  'ws_outboundAccountPosition.json': readBy(eventOf),
  'ws_bookTicker.json': readBy(readBookTicker),
  'ws_userDataStream.subscribe.signature.json': wire.socketReply,
};

const read = (name: string): unknown => JSON.parse(readFileSync(join(FIXTURES, name), 'utf8'));
const identity = { tenantId: 't', orderId: 'o', assetId: 'BTC/USDT' };

it('every fixture is read by a schema, and every schema by its fixture', () => {
  const files = readdirSync(FIXTURES).filter((name) => name.endsWith('.json'));
  expect(files.sort()).toEqual(Object.keys(SCHEMAS).sort());
});

it.each(Object.entries(SCHEMAS))('%s is readable as documented', (name, schema) => {
  expect(schema.safeParse(read(name)).error).toBeUndefined();
});

it('the documented filters become an instrument, a rule of 0 none', () => {
  const { symbols } = wire.exchangeInfoReply.parse(read('http_get_exchangeInfo.json'));
  const info = wire.symbolInfo.parse(symbols[0]);
  expect(instrumentOf(info)).toMatchObject({
    assetId: 'ETH/BTC',
    symbol: 'ETHBTC',
    trading: true,
    lotSize: '0.001',
    minOrderSize: '0.001',
    maxOrderSize: '100000',
    tickSize: '0.000001',
    minPrice: '0.000001',
    maxPrice: '100000',
    minNotional: '10',
    maxNotional: '10000',
  });
  const off = info.filters.map((filter) => ({ ...filter, minPrice: '0.00000000', tickSize: '0.00' }));
  const free = instrumentOf({ ...info, filters: off, status: 'BREAK' });
  expect(free).toMatchObject({ tickSize: '0', trading: false });
  expect(free).not.toHaveProperty('minPrice');
  expect(instrumentOf({ ...info, baseAsset: '币安人生' })).toBeUndefined();
});

it('the documented reply to a market order carries all of its executions', () => {
  const reply = wire.newOrderReply.parse(read('http_post_order.full.json'));
  const fills = { ...reply, cummulativeQuoteQty: '39983' }; // the page's 10 is not the sum of its own fills
  const executions = executionsOfReply(identity, fills, 8, 0);
  expect(executions.map(({ executionId, quantity, price }) => [executionId, quantity, price])).toEqual([
    ['56', '1', '4000'],
    ['57', '5', '3999'],
    ['58', '2', '3998'],
    ['59', '1', '3997'],
    ['60', '1', '3995'],
  ]);
  expect(executionsOfReply(identity, { ...fills, fills: fills.fills?.slice(1) }, 8, 0)).toEqual([]);
  expect(updateOf(identity, reply, reply.transactTime)).toMatchObject({ status: 'FILLED', remainingQuantity: '0' });
});

describe('a trade whose price × quantity has more digits than a balance', () => {
  const trade = { price: '0.00312700', qty: '4.70800000', commission: '0.00004708', commissionAsset: 'BNB' };
  const moved = '0.01472191'; // of 0.014721916

  it('moves the same in quote whether the reply, the event or the trade list tells of it', () => {
    const full = wire.newOrderReply.parse(read('http_post_order.full.json'));
    const sums = { origQty: trade.qty, executedQty: trade.qty, cummulativeQuoteQty: moved };
    const reply = { ...full, ...sums, fills: [{ ...trade, tradeId: 7 }] };
    const event = { ...eventOf(read('ws_executionReport.new.json')), x: 'TRADE', t: 7, L: trade.price, Y: moved };
    const report = readExecutionReport({ ...event, q: trade.qty, l: trade.qty, z: trade.qty });
    const [listed] = wire.ownTradesReply.parse(read('http_get_myTrades.json'));
    const told = [
      ...executionsOfReply(identity, reply, 8, 0),
      eventsOfReport(identity, report, 0).execution,
      executionOfTrade(identity, { ...(listed as wire.OwnTrade), ...trade, quoteQty: moved }, 0),
    ];
    expect(told.map((execution) => execution?.quoteQuantity)).toEqual([moved, moved, moved]);
    expect(executionsOfReply(identity, { ...reply, cummulativeQuoteQty: '0.01472192' }, 8, 0)).toEqual([]);
  });
});

it('the documented event of another’s order is not ours', () => {
  const report = readExecutionReport(eventOf(read('ws_executionReport.new.json')));
  expect(orderOfReport(report)).toBeUndefined();
  expect(eventsOfReport(identity, report, 0)).toEqual({
    update: {
      ...identity,
      exchangeId: 'BINANCE',
      exchangeOrderId: '4293153',
      status: 'OPEN',
      filledQuantity: '0',
      remainingQuantity: '1',
      timestamp: '2017-07-07T05:34:18.657Z',
    },
  });
});

it('a message that says more was executed than ordered is unreadable, not an order with less than nothing left', () => {
  const event = eventOf(read('ws_executionReport.new.json'));
  expect(() => readExecutionReport({ ...event, q: '0', z: '0.00000001' })).toThrow(UnreadableMessage);
  const order = wire.queriedOrder.parse(read('http_get_order.json'));
  expect(wire.queriedOrder.safeParse({ ...order, origQty: '1', executedQty: '1.1' }).success).toBe(false);
});
