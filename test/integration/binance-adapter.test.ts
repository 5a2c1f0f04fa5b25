import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Decimal, sum } from '../../src/domain/decimal';
import { ServiceError } from '../../src/domain/errors';
import type { ExecutionUpdate, OrderUpdate } from '../../src/domain/order';
import type { Outcome } from '../../src/domain/outcome';
import type { ExchangeAdapter, OrderRef, SubmitAcknowledgement } from '../../src/exchanges/adapter';
import { exchangeModule } from '../../src/exchanges/registry';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { AccountLimits } from '../../src/ratelimit/account-limits';
import { IN_FLIGHT_MAX, IN_FLIGHT_RESERVED } from '../../src/transport/rest/rest-client';
import type { CallObserver } from '../../src/transport/call-observer';
import { ownRateLimiter } from '../ratelimit/own-limiter';
import { unobserved } from '../audit/silent-audit';
import type { BinanceSandbox } from '../exchanges/binance-sandbox';
import { CREDENTIALS, startBinanceSandbox, TENANT } from '../exchanges/binance-sandbox';
import { orderOf, placed, refOf } from '../exchanges/placing';
import { eventually } from '../stack/eventually';

const NEW_ORDER = 'POST /api/v3/order';
const EVENT_WAIT_MS = 5_000;
const HANG_MS = 2_000;

let sandbox: BinanceSandbox;
let adapter: ExchangeAdapter;

beforeAll(async () => {
  sandbox = await startBinanceSandbox();
});
afterAll(() => sandbox.close());
beforeEach(() => {
  adapter = sandbox.createAdapter();
});
afterEach(async () => {
  await sandbox.admin.clearFaults();
  await adapter.disconnect();
});

function valueOf(outcome: Outcome<SubmitAcknowledgement>): SubmitAcknowledgement {
  if (outcome.outcome !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome.value;
}

/** Collects the adapter's events and waits for those of one order. */
async function listen(): Promise<{
  until: (ref: OrderRef, count: number) => Promise<(OrderUpdate | ExecutionUpdate)[]>;
}> {
  const seen: (OrderUpdate | ExecutionUpdate)[] = [];
  let wake = (): void => undefined;
  const hear = (event: OrderUpdate | ExecutionUpdate): void => {
    seen.push(event);
    wake();
  };
  await adapter.subscribeToOrderUpdates(hear);
  await adapter.subscribeToExecutions(hear);
  await adapter.connect();
  return {
    until: async ({ orderId }, count) => {
      const deadline = AbortSignal.timeout(EVENT_WAIT_MS);
      const own = (): typeof seen => seen.filter((event) => event.orderId === orderId);
      while (own().length < count) {
        await new Promise<void>((resolve, reject) => {
          wake = resolve;
          deadline.addEventListener('abort', () => reject(new Error(`only ${JSON.stringify(own())} came`)));
        });
      }
      return own();
    },
  };
}

describe('an order at Binance', () => {
  it('rests, is found by its client order id, and is cancelled on the exchange’s word', async () => {
    const request = orderOf();
    const { response, update, executions } = valueOf(await adapter.submitOrder(placed(request)));
    expect(response).toMatchObject({ orderId: request.orderId, status: 'OPEN', remainingQuantity: '0.01' });
    expect(executions).toEqual([]);
    expect(await adapter.findOrder(refOf(request))).toMatchObject({
      found: true,
      update: { orderId: request.orderId, exchangeOrderId: update.exchangeOrderId, status: 'OPEN' },
    });
    expect(await adapter.listOpenOrders(TENANT, 'BTC/USDT')).toContainEqual(
      expect.objectContaining({ orderId: request.orderId }),
    );
    const cancel = await adapter.cancelOrder(refOf(request));
    expect(cancel).toMatchObject({
      outcome: 'accepted',
      value: { response: { status: 'CANCELLED' }, update: { status: 'CANCELLED', filledQuantity: '0' } },
    });
    expect(await adapter.cancelOrder(refOf(request))).toMatchObject({
      outcome: 'rejected',
      error: { exchangeCode: '-2011' },
    });
  });

  it('tells of each fill by execution and then by update', async () => {
    const events = await listen();
    const request = orderOf();
    valueOf(await adapter.submitOrder(placed(request)));
    const { clientOrderId } = refOf(request);
    await sandbox.admin.fill({ symbol: 'BTCUSDT', clientOrderId, quantity: '0.004' });
    await sandbox.admin.fill({ symbol: 'BTCUSDT', clientOrderId });
    const seen = await events.until(refOf(request), 5);
    expect(seen).toMatchObject([
      { status: 'OPEN', filledQuantity: '0' },
      { quantity: '0.004', price: '20000', liquidity: 'MAKER', commissionAsset: 'BTC', commission: '0.000004' },
      { status: 'PARTIALLY_FILLED', filledQuantity: '0.004', lastFilledQuantity: '0.004' },
      { quantity: '0.006' },
      { status: 'FILLED', filledQuantity: '0.01', remainingQuantity: '0' },
    ]);
  });

  it('brings the executions of an immediate fill with the reply, the same as a lookup finds', async () => {
    const request = orderOf({ orderType: 'MARKET', price: undefined, quantity: '5', timeInForce: 'IOC' });
    const { response, update, executions } = valueOf(await adapter.submitOrder(placed(request)));
    expect(update).toMatchObject({ status: 'FILLED', filledQuantity: '5' });
    expect(executions.length).toBeGreaterThan(1);
    expect(sum(executions.map(({ quantity }) => quantity))).toBe('5');
    const cost = executions.reduce(
      (total, { price, quantity }) => total.plus(new Decimal(price).times(quantity)),
      new Decimal(0),
    );
    expect(new Decimal(response.averagePrice ?? '0').times(5).minus(cost).abs().lt('1e-15')).toBe(true);
    expect(response.commission).toBe(sum(executions.map(({ commission }) => commission)));
    const found = await adapter.findOrder(refOf(request));
    const identities = executions.map(
      ({ receivedAt: _, ...execution }) => expect.objectContaining(execution) as unknown,
    );
    expect(found).toMatchObject({ found: true, executions: identities });
  });

  it('reports an order that ends by its own rules with the exchange’s reason', async () => {
    const request = orderOf({ timeInForce: 'IOC' });
    const { update } = valueOf(await adapter.submitOrder(placed(request)));
    expect(update).toMatchObject({ status: 'EXPIRED', reason: 'UNFILLED_IOC_QUANTITY_EXPIRED' });
  });

  it('sends stops of both kinds, which wait for their price', async () => {
    const market = orderOf({ orderType: 'STOP_MARKET', price: undefined, stopPrice: '70000' });
    const limit = orderOf({ orderType: 'STOP_LIMIT', price: '71000', stopPrice: '70000' });
    for (const request of [market, limit]) {
      expect(valueOf(await adapter.submitOrder(placed(request))).update.status).toBe('OPEN');
      expect(await adapter.cancelOrder(refOf(request))).toMatchObject({ outcome: 'accepted' });
    }
  });

  it('refuses to take liquidity with a post-only order', async () => {
    const request = orderOf({ price: '61000', postOnly: true });
    expect(await adapter.submitOrder(placed(request))).toMatchObject({
      outcome: 'rejected',
      error: { code: 'EXCHANGE_REJECTED', exchangeCode: '-2010' },
    });
    expect(await adapter.findOrder(refOf(request))).toEqual({ found: false });
    await expect(adapter.getOrderStatus(refOf(request))).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' });
  });

  it('is refused for want of funds with a code of its own', async () => {
    const request = orderOf({ assetId: 'ETH/USDT', side: 'SELL', quantity: '2000', price: '4000' });
    expect(await adapter.submitOrder(placed(request))).toMatchObject({
      outcome: 'rejected',
      error: { code: 'INSUFFICIENT_FUNDS' },
    });
  });

  it('is not sent when Binance has nothing like it', async () => {
    const gtd = orderOf({ timeInForce: 'GTD', expiresAt: new Date(Date.now() + 60_000).toISOString() });
    const trailing = orderOf({ orderType: 'TRAILING_STOP', price: undefined, trailingDelta: '100' });
    const unlisted = orderOf({ assetId: 'NO/SUCH' });
    for (const [request, field, code] of [
      [gtd, 'timeInForce', 'UNSUPPORTED'],
      [trailing, 'orderType', 'UNSUPPORTED'],
      [unlisted, 'assetId', 'INSTRUMENT_UNKNOWN'],
    ] as const) {
      expect(await adapter.checkOrder(request)).toMatchObject([{ field }]);
      const outcome = await adapter.submitOrder(placed(request));
      expect(outcome).toMatchObject({ outcome: 'denied', error: { code } });
      expect(outcome).not.toHaveProperty('retryAt');
    }
  });
});

describe('an order whose fate is in doubt', () => {
  it.each([
    ['the reply is lost after it was accepted', { kind: 'lose-reply' }, true],
    ['503 comes after it was accepted', { kind: 'status-after', status: 503 }, true],
    ['503 comes before it was accepted', { kind: 'status-before', status: 503 }, false],
    ['-1007 comes after it was accepted', { kind: 'status-after', status: 408, code: -1007, msg: 'Timeout' }, true],
    ['an undocumented code comes before', { kind: 'status-before', status: 400, code: -9999, msg: 'New.' }, false],
    ['the firewall answers', { kind: 'status-before', status: 403 }, false],
  ] as const)('is unknown when %s, and the lookup tells', async (_, effect, exists) => {
    await sandbox.admin.addFault({ match: { endpoint: NEW_ORDER, times: 1 }, effect });
    const request = orderOf();
    const code = 'code' in effect && effect.code === -9999 ? 'EXCHANGE_FAULT' : 'OUTCOME_UNKNOWN';
    expect(await adapter.submitOrder(placed(request))).toMatchObject({ outcome: 'unknown', error: { code } });
    expect(await adapter.findOrder(refOf(request))).toMatchObject({ found: exists });
  });

  it('is unknown, not rejected, when its id is already in use', async () => {
    const request = orderOf();
    valueOf(await adapter.submitOrder(placed(request)));
    expect(await adapter.submitOrder(placed(request))).toMatchObject({
      outcome: 'unknown',
      error: { exchangeCode: '-2010' },
    });
  });

  it('is denied, and provably unsent, past its sendBy', async () => {
    await adapter.instruments();
    const seenBefore = (await sandbox.admin.state()).orders.length;
    const outcome = await adapter.submitOrder({ ...placed(orderOf()), sendBy: Date.now() - 1 });
    expect(outcome).toMatchObject({ outcome: 'denied', retryAt: expect.any(Number) as unknown });
    expect((await sandbox.admin.state()).orders).toHaveLength(seenBefore);
  });

  it('is denied when nobody listens at the address', async () => {
    await adapter.instruments();
    const away = sandbox.createAdapter({ config: { restEndpoint: 'http://127.0.0.1:9' } });
    const outcome = await away.submitOrder(placed(orderOf()));
    expect(outcome).toMatchObject({ outcome: 'denied', error: { code: 'EXCHANGE_TEMPORARY' } });
    expect(outcome).toHaveProperty('retryAt');
    await expect(away.getBalance()).rejects.toMatchObject({ code: 'EXCHANGE_TEMPORARY' });
    expect(await away.healthCheck()).toMatchObject({ healthy: false, streamConnected: false });
  });
});

describe('limits of Binance', () => {
  it.each([429, 418] as const)('after %i nothing more is sent until Retry-After has passed', async (status) => {
    await adapter.instruments();
    await sandbox.admin.addFault({
      match: { endpoint: NEW_ORDER },
      effect: { kind: 'rate-limit', status, retryAfterSeconds: 60 },
    });
    const startedAt = Date.now();
    const first = await adapter.submitOrder(placed(orderOf()));
    expect(first).toMatchObject({ outcome: 'denied', error: { code: 'RATE_LIMITED', category: 'RATE_LIMITED' } });
    const { retryAt = 0 } = first as { retryAt?: number };
    expect(retryAt).toBeGreaterThanOrEqual(startedAt + 60_000);
    expect(retryAt).toBeLessThan(startedAt + 70_000);
    const thenAbouts = expect.closeTo(retryAt, -2) as unknown;
    expect(await adapter.submitOrder(placed(orderOf()))).toMatchObject({ outcome: 'denied', retryAt: thenAbouts });
    expect(await adapter.cancelOrder(refOf(orderOf()))).toMatchObject({ outcome: 'denied', retryAt: thenAbouts });
    await expect(adapter.getBalance()).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAt: thenAbouts });
    expect(await sandbox.admin.faults()).toMatchObject([{ seen: 1, hits: 1 }]);
    expect(await adapter.getRateLimitStatus()).toMatchObject({ blockedUntil: thenAbouts });
  });

  it.each([429, 418] as const)(
    'after %i to the stream’s subscription nothing more is sent until then',
    async (status) => {
      await sandbox.admin.addFault({
        match: { endpoint: 'WS userDataStream.subscribe.signature' },
        effect: { kind: 'rate-limit', status, retryAfterSeconds: 600 },
      });
      const thenAbouts = expect.closeTo(Date.now() + 600_000, -4) as unknown;
      await expect(adapter.connect()).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAt: thenAbouts });
      await expect(adapter.getBalance()).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAt: thenAbouts });
      await expect(adapter.connect()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
      expect(await sandbox.admin.faults()).toMatchObject([{ seen: 1 }]);
    },
  );

  it('after the firewall’s 403 nothing more is sent for as long as its bans usually last', async () => {
    let asked = 0;
    const firewall = createServer((_, response) => {
      asked += 1;
      response.writeHead(403, { 'content-type': 'text/html' }).end('<h1>403 ERROR</h1>Request blocked.');
    }).listen(0, '127.0.0.1');
    await once(firewall, 'listening');
    const { port } = firewall.address() as AddressInfo;
    const blocked = sandbox.createAdapter({ config: { restEndpoint: `http://127.0.0.1:${port}` } });
    const thenAbouts = expect.closeTo(Date.now() + 300_000, -4) as unknown;
    for (let call = 0; call < 2; call += 1) {
      await expect(blocked.getBalance()).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAt: thenAbouts });
    }
    expect(asked).toBe(1);
    await new Promise((resolve) => firewall.close(resolve));
  });

  it('is unknown when the 429 is not in the limiter’s own words', async () => {
    await adapter.instruments();
    const effect = { kind: 'status-after', status: 429 } as const;
    await sandbox.admin.addFault({ match: { endpoint: NEW_ORDER, times: 1 }, effect });
    expect(await adapter.submitOrder(placed(orderOf()))).toMatchObject({ outcome: 'unknown' });
    expect(await adapter.submitOrder(placed(orderOf()))).toMatchObject({ outcome: 'denied' });
  });

  it('an order is cancelled while all other calls hang, as many as there may be', async () => {
    const resting = orderOf();
    await adapter.submitOrder(placed(resting));
    const match = { endpoint: 'GET /api/v3/order', apiKey: CREDENTIALS.apiKey };
    const rule = await sandbox.admin.addFault({ match, effect: { kind: 'delay', ms: HANG_MS } });
    const hanging = Array.from({ length: IN_FLIGHT_MAX }, () => adapter.findOrder(refOf(resting)));
    const looked = Promise.allSettled(hanging);
    const full = { message: expect.stringContaining('100 calls are under way already') as string };
    await expect(Promise.race(hanging)).rejects.toMatchObject(full);
    expect(await adapter.cancelOrder(refOf(resting))).toMatchObject({ outcome: 'accepted' });
    const refused = (await looked).filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(IN_FLIGHT_RESERVED);
    await sandbox.admin.clearFaults(rule);
  });

  it('too many orders stop orders, not cancels', async () => {
    const resting = orderOf();
    valueOf(await adapter.submitOrder(placed(resting)));
    await sandbox.admin.setLimits({ ordersPer10Seconds: 0 });
    expect(await adapter.submitOrder(placed(orderOf()))).toMatchObject({
      outcome: 'denied',
      error: { exchangeCode: '-1015' },
    });
    await sandbox.admin.setLimits({ ordersPer10Seconds: 1_000_000 });
    const impatient = { ...placed(orderOf()), sendBy: Date.now() + 100 };
    expect(await adapter.submitOrder(impatient)).toMatchObject({ outcome: 'denied', error: { code: 'RATE_LIMITED' } });
    expect(await adapter.cancelOrder(refOf(resting))).toMatchObject({ outcome: 'accepted' });
  });

  it('however many accounts and streams connect, this address tries no more than 300 times in 5 minutes', async () => {
    const rateLimiter = ownRateLimiter(systemClock);
    const [account, late] = ['early', 'late'].map((tenantId) =>
      sandbox.createAdapter({ config: { tenantId }, rateLimiter }),
    ) as [ExchangeAdapter, ExchangeAdapter];
    const { rateLimits, createMarketStream } = exchangeModule('BINANCE');
    const budget = new AccountLimits(rateLimits, sandbox.config).of('WEBSOCKET').find(({ scope }) => scope === 'IP')!;
    const others = {
      exchangeId: 'BINANCE',
      charges: [{ budget, cost: 298 }],
      gates: [],
      priority: 'CRITICAL',
    } as const;
    const turn = await rateLimiter.acquire(others);
    if (turn.granted) await turn.release({ sent: true });
    await account.connect();
    const market = createMarketStream({
      ...{ mode: 'SANDBOX', endpoints: sandbox.config, allowSimulated: true, rateLimiter },
      ...{ clock: systemClock, random: systemRandom, logger: silentLogger },
    });
    await market.open(() => undefined);
    const freeAbouts = expect.closeTo(Date.now() + 300_000, -4) as unknown;
    await expect(late.connect()).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAt: freeAbouts });
    await Promise.all([market.close(), account.disconnect()]);
  });

  it('are those that Binance states, and the registration’s where it states none', async () => {
    valueOf(await adapter.submitOrder(placed(orderOf())));
    const { limits } = await adapter.getRateLimitStatus();
    expect(limits.map(({ name }) => name)).toEqual([
      'ORDERS 10 s',
      'ORDERS 86400 s',
      'QUERIES 1 s',
      'WEBSOCKET 1 s',
      'WEBSOCKET 300 s',
      'WEIGHT 60 s',
    ]);
    for (const { limit, used, remaining } of limits) expect(remaining).toBe(limit - used);
    expect(limits[0]).toMatchObject({ limit: 1_000_000, windowMs: 10_000 });
  });
});

describe('the clock', () => {
  afterEach(() => sandbox.admin.setClockOffset(0));

  it.each([-90_000, 90_000])('off by %i ms is measured at the first refusal, which is denied', async (offsetMs) => {
    await adapter.instruments();
    await sandbox.admin.setClockOffset(offsetMs);
    expect(await adapter.submitOrder(placed(orderOf()))).toMatchObject({
      outcome: 'denied',
      error: { code: 'CLOCK_SKEW' },
      retryAt: expect.any(Number) as unknown,
    });
    valueOf(await adapter.submitOrder(placed(orderOf())));
  });

  it('does not fail a query', async () => {
    await sandbox.admin.setClockOffset(90_000);
    expect(await adapter.getBalance('BTC')).toMatchObject({ balances: [{ asset: 'BTC' }] });
    const { clockOffsetMs = 0 } = await adapter.healthCheck();
    expect(Math.abs(clockOffsetMs - 90_000)).toBeLessThan(1_000);
  });
});

describe('the user data stream', () => {
  it('says once that it was dropped, and opens again', async () => {
    const lost = new Promise<Error>((resolve) => adapter.onConnectionLost(resolve));
    await adapter.connect();
    expect(adapter.isConnected()).toBe(true);
    expect(await sandbox.admin.dropStreams(CREDENTIALS.apiKey)).toBe(1);
    expect((await lost).message).toContain('BINANCE');
    expect(adapter.isConnected()).toBe(false);
    const events = await listen();
    const request = orderOf();
    valueOf(await adapter.submitOrder(placed(request)));
    expect(await events.until(refOf(request), 1)).toMatchObject([{ status: 'OPEN' }]);
  });

  it('moves to another connection when the server announces its end, and misses nothing', async () => {
    let loggedIn: () => void = () => undefined;
    const observer: CallObserver = {
      begin: ({ operation }) => (operation === 'STREAM_LOGIN' ? () => loggedIn() : () => undefined),
    };
    const [mover, lost] = [sandbox.createAdapter({ observer }), jest.fn()];
    mover.onConnectionLost(lost);
    const statuses: string[] = [];
    await mover.connect();
    await mover.subscribeToOrderUpdates(({ status }) => void statuses.push(status));
    const again = new Promise<void>((resolve) => (loggedIn = resolve));
    await sandbox.admin.announceShutdown();
    valueOf(await adapter.submitOrder(placed(orderOf())));
    await again;
    await eventually(async () => expect((await sandbox.admin.state()).subscriptions).toBe(1));
    const request = orderOf();
    valueOf(await adapter.submitOrder(placed(request)));
    await adapter.cancelOrder(refOf(request));
    await eventually(() => expect(statuses).toContain('CANCELLED'));
    expect(statuses.filter((status) => status === 'OPEN').length).toBeGreaterThanOrEqual(2);
    expect(lost).not.toHaveBeenCalled();
    expect(mover.isConnected()).toBe(true);
  });

  it('is silent about a disconnect of our own and about orders that are not ours', async () => {
    const events = await listen();
    const lost = jest.fn();
    adapter.onConnectionLost(lost);
    const foreign = orderOf();
    valueOf(await adapter.submitOrder({ ...placed(foreign), clientOrderId: 'somebody-elses-order' }));
    const request = orderOf();
    valueOf(await adapter.submitOrder(placed(request)));
    await events.until(refOf(request), 1);
    await expect(events.until({ ...refOf(foreign) }, 0)).resolves.toEqual([]);
    const open = await adapter.listOpenOrders(TENANT);
    expect(open.map(({ orderId }) => orderId)).not.toContain(foreign.orderId);
    await adapter.disconnect();
    expect(lost).not.toHaveBeenCalled();
  });

  it('can’t be opened with a key that Binance refuses', async () => {
    const stranger = sandbox.createAdapter({ credentials: { ...CREDENTIALS, apiSecret: 'another' } });
    await expect(stranger.connect()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED', category: 'FATAL' });
    expect(stranger.isConnected()).toBe(false);
    expect(await stranger.submitOrder(placed(orderOf()))).toMatchObject({
      outcome: 'rejected',
      error: { code: 'AUTHENTICATION_FAILED' },
    });
  });
});

describe('a modification', () => {
  it('lowers the quantity in place', async () => {
    const request = orderOf();
    const before = valueOf(await adapter.submitOrder(placed(request)));
    const changed = { ...request, quantity: '0.008' };
    const after = valueOf(await adapter.modifyOrder(refOf(request), { newQuantity: '0.008' }, placed(changed, 1)));
    expect(after.update).toMatchObject({
      status: 'OPEN',
      remainingQuantity: '0.008',
      exchangeOrderId: before.update.exchangeOrderId,
    });
    expect(await adapter.findOrder(refOf(request, 1))).toMatchObject({ found: true });
  });

  it('of the price replaces the order under the next generation’s id', async () => {
    const request = orderOf();
    valueOf(await adapter.submitOrder(placed(request)));
    const after = valueOf(
      await adapter.modifyOrder(refOf(request), { newPrice: '21000' }, placed({ ...request, price: '21000' }, 1)),
    );
    expect(after.update).toMatchObject({ orderId: request.orderId, status: 'OPEN' });
    expect(await adapter.findOrder(refOf(request, 0))).toMatchObject({ update: { status: 'CANCELLED' } });
    expect(await adapter.findOrder(refOf(request, 1))).toMatchObject({ update: { status: 'OPEN' } });
  });

  it('never replaces what is filled in part, and changes nothing of what has ended', async () => {
    const request = orderOf();
    valueOf(await adapter.submitOrder(placed(request)));
    const changed = placed({ ...request, price: '21000' }, 1);
    await sandbox.admin.fill({ symbol: 'BTCUSDT', clientOrderId: refOf(request).clientOrderId, quantity: '0.001' });
    expect(await adapter.modifyOrder(refOf(request), { newPrice: '21000' }, changed)).toMatchObject({
      outcome: 'denied',
      error: { code: 'UNSUPPORTED' },
    });
    await adapter.cancelOrder(refOf(request));
    expect(await adapter.modifyOrder(refOf(request), { newPrice: '21000' }, changed)).toMatchObject({
      outcome: 'rejected',
      error: { code: 'ORDER_CLOSED' },
    });
  });

  it('whose second half fails is no plain rejection', async () => {
    const request = orderOf();
    valueOf(await adapter.submitOrder(placed(request)));
    const changed = placed({ ...request, price: '61000', postOnly: true }, 1);
    expect(await adapter.modifyOrder(refOf(request), { newPrice: '61000' }, changed)).toMatchObject({
      outcome: 'unknown',
      error: { exchangeCode: '-2021' },
    });
    expect(await adapter.findOrder(refOf(request, 0))).toMatchObject({ update: { status: 'CANCELLED' } });
    expect(await adapter.findOrder(refOf(request, 1))).toEqual({ found: false });
  });
});

describe('the executions of an instrument', () => {
  it('are read to the last one, page after page', async () => {
    const alone = { apiKey: 'key-of-many-trades', apiSecret: 'secret' };
    await sandbox.admin.addAccount({ ...alone, balances: { USDT: '1000000' } });
    const own = sandbox.createAdapter({ credentials: alone });
    const fills = 1_005;
    const request = orderOf({ quantity: '0.01005' });
    valueOf(await own.submitOrder(placed(request)));
    const { clientOrderId } = refOf(request);
    for (let fill = 0; fill < fills; fill += 1) {
      await sandbox.admin.fill({ symbol: 'BTCUSDT', clientOrderId, quantity: '0.00001' });
    }
    const listed = await own.listExecutions(TENANT, 'BTC/USDT', Date.now() - 3 * 86_400_000);
    expect(listed.more).toBe(false);
    expect(new Set(listed.executions.map(({ executionId }) => executionId)).size).toBe(fills);
    expect(listed.executions.every(({ orderId }) => orderId === '')).toBe(true);
    const found = await own.findOrder(refOf(request));
    expect(found).toMatchObject({ update: { status: 'FILLED' } });
    expect((found as { executions: unknown[] }).executions).toHaveLength(fills);
  });

  it('are not sought beyond the limit', async () => {
    await expect(adapter.listExecutions(TENANT, 'BTC/USDT', Date.now() - 200 * 86_400_000)).rejects.toBeInstanceOf(
      ServiceError,
    );
  });
});

describe('what moves a balance besides trades', () => {
  const alone = { apiKey: 'key-of-transfers', apiSecret: 'secret' };
  const DAY_MS = 86_400_000;

  it('deposits and withdrawals are read page after page, a withdrawal with its fee', async () => {
    await sandbox.admin.addAccount({ ...alone, balances: { EUR: '1' } });
    const own = sandbox.createAdapter({ credentials: alone });
    const deposits = 1_001;
    for (let deposit = 0; deposit < deposits; deposit++) await sandbox.admin.deposit(alone.apiKey, 'EUR', '0.5');
    await sandbox.admin.deposit(alone.apiKey, 'EUR', '-2', { fee: '0.25' });
    await sandbox.admin.deposit(alone.apiKey, 'EUR', '7', { unlisted: true });
    const transfers = await own.listTransfers(Date.now() - DAY_MS);
    expect(transfers).toHaveLength(deposits + 1);
    expect(new Set(transfers.map(({ transferId }) => transferId)).size).toBe(deposits + 1);
    expect(transfers.find(({ type }) => type === 'WITHDRAWAL')).toMatchObject({ asset: 'EUR', effect: '-2.25' });
    const { balances } = await own.getBalance('EUR');
    expect(balances).toMatchObject([{ total: sum(['1', '7', ...transfers.map(({ effect }) => effect)]) }]);
  });

  it('are not sought beyond what Binance shows', async () => {
    await expect(adapter.listTransfers(Date.now() - 91 * DAY_MS)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('can’t be read at the test net, and the adapter says so', () => {
    expect(adapter.capabilities.transfers).toBe(true);
    const config = { restEndpoint: 'https://testnet.binance.vision' };
    expect(sandbox.createAdapter({ config }).capabilities.transfers).toBe(false);
  });
});

describe('open orders', () => {
  it('are told apart by whose client order id they carry', async () => {
    const alone = { apiKey: 'key-of-two-hands', apiSecret: 'secret' };
    await sandbox.admin.addAccount({ ...alone, balances: { USDT: '100000' } });
    const own = sandbox.createAdapter({ credentials: alone });
    const request = orderOf({});
    valueOf(await own.submitOrder(placed(request)));
    const byHand = { symbol: 'ETHUSDT', side: 'BUY', quantity: '1', price: '100', clientOrderId: 'web_1' } as const;
    const { orderId } = await sandbox.admin.placeCustomerOrder({ accountId: alone.apiKey, ...byHand });
    const { ours, foreign } = await own.surveyOpenOrders(TENANT);
    expect(ours.map((order) => order.orderId)).toEqual([request.orderId]);
    expect(foreign).toEqual([
      {
        exchangeOrderId: String(orderId),
        clientOrderId: 'web_1',
        assetId: 'ETH/USDT',
        side: 'BUY',
        quantity: '1',
        filledQuantity: '0',
        price: '100',
      },
    ]);
  });
});

describe('in SANDBOX mode', () => {
  it('a production host is never reached', async () => {
    const astray = sandbox.createAdapter({ config: { restEndpoint: 'https://api.binance.com' } });
    await expect(astray.getTicker('BTC/USDT')).rejects.toMatchObject({ code: 'PRODUCTION_HOST_IN_SANDBOX' });
    expect(await astray.submitOrder(placed(orderOf()))).toMatchObject({
      outcome: 'denied',
      error: { code: 'PRODUCTION_HOST_IN_SANDBOX', category: 'FATAL' },
    });
    const half = sandbox.createAdapter({ config: { wsEndpoint: 'wss://ws-api.binance.com/ws-api/v3' } });
    await expect(half.connect()).rejects.toMatchObject({ code: 'PRODUCTION_HOST_IN_SANDBOX' });
  });

  it('a simulated exchange is reached only where that is allowed', async () => {
    const strict = exchangeModule('BINANCE').createAdapter({
      config: sandbox.config,
      credentials: CREDENTIALS,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      rateLimiter: ownRateLimiter(systemClock),
      observer: unobserved,
      allowSimulated: false,
    });
    await expect(strict.getTicker('BTC/USDT')).rejects.toMatchObject({ code: 'PRODUCTION_HOST_IN_SANDBOX' });
  });
});

test('a symbol whose orders Binance will not cancel keeps no other symbol’s from being cancelled', async () => {
  const [refused, cancelled] = [
    orderOf({ assetId: 'BTC/USDT', price: '20000' }),
    orderOf({ assetId: 'ETH/USDT', price: '1000', quantity: '1' }),
  ];
  for (const order of [refused, cancelled]) valueOf(await adapter.submitOrder(placed(order)));
  const effect = { kind: 'status-before', status: 400, code: -1013, msg: 'Market is closed.' } as const;
  await sandbox.admin.addFault({ match: { endpoint: 'DELETE /api/v3/openOrders', symbol: 'BTCUSDT' }, effect });
  expect(await adapter.cancelAll?.()).toMatchObject({ outcome: 'rejected' });
  expect(await adapter.getOrderStatus(refOf(cancelled))).toBe('CANCELLED');
  expect(await adapter.getOrderStatus(refOf(refused))).toBe('OPEN');
  await adapter.cancelOrder(refOf(refused));
});
