import type { ForeignOrder, Transfer } from '../../domain/account';
import type { Fault } from '../../domain/errors';
import { ServiceError } from '../../domain/errors';
import type { Instrument } from '../../domain/instrument';
import type { ExecutionUpdate, OrderModification, OrderStatus, OrderUpdate } from '../../domain/order';
import type { OrderRequest } from '../../domain/order-request';
import type { Outcome } from '../../domain/outcome';
import { isoTime } from '../../platform/clock';
import { RateLimitedError } from '../../ratelimit/rate-limited-error';
import type {
  BalanceResponse,
  CancelAcknowledgement,
  CancelAllAcknowledgement,
  ExchangeAdapter,
  ExchangeHealthResult,
  FoundOrder,
  OrderRef,
  PlacedOrder,
  PositionResponse,
  RateLimitStatus,
  SubmitAcknowledgement,
  SubscriptionHandle,
  Ticker,
} from '../adapter';
import type { AdapterOptions } from '../exchange-module';
import { assemble, type BinanceParts } from './assembly';
import { capabilitiesOf } from './capabilities';
import { ruleFaults } from './instruments';
import { dataOf } from './outcomes';
import { STREAM_WEIGHT } from './rate-limits';
import { capabilityFaults, EXCHANGE_ID } from './translate';
import { UserStream } from './user-stream';

/** One account at Binance spot. What each call does is in OrderCalls, Queries and UserStream. */
export class BinanceAdapter implements ExchangeAdapter {
  readonly exchangeId = EXCHANGE_ID;
  readonly mode;
  readonly capabilities;
  private readonly parts: BinanceParts;
  private stream: UserStream | undefined;
  private connecting: Promise<void> | undefined;
  private readonly updateCallbacks = new Map<string, (update: OrderUpdate) => void>();
  private readonly executionCallbacks = new Map<string, (execution: ExecutionUpdate) => void>();
  private readonly lossCallbacks = new Set<(reason: Error) => void>();

  constructor(private readonly options: AdapterOptions) {
    this.mode = options.config.mode;
    const { config, ...platform } = options;
    this.capabilities = capabilitiesOf(config.restEndpoint, options.simulatedWaits);
    const { mode, tenantId, rateLimits } = config;
    this.parts = assemble({ ...platform, mode, endpoints: config, tenantId, rateLimits });
  }

  async connect(): Promise<void> {
    if (this.isConnected()) return;
    this.connecting ??= this.openStream().finally(() => (this.connecting = undefined));
    await this.connecting;
  }

  async disconnect(): Promise<void> {
    await this.connecting?.catch(() => undefined);
    await this.stream?.close();
    this.stream = undefined;
  }

  isConnected(): boolean {
    return this.stream?.isOpen() ?? false;
  }

  onConnectionLost(callback: (reason: Error) => void): () => void {
    this.lossCallbacks.add(callback);
    return () => void this.lossCallbacks.delete(callback);
  }

  async checkOrder(request: OrderRequest): Promise<Fault[]> {
    const { assetId } = request;
    const instrument = await this.parts.instruments.find(assetId);
    if (instrument === undefined) return [{ field: 'assetId', message: `${assetId} is not listed by BINANCE` }];
    const closed = { field: 'assetId', message: `${assetId} is not open for trading at BINANCE now` };
    return [
      ...(instrument.trading ? [] : [closed]),
      ...capabilityFaults(request, instrument),
      ...ruleFaults(instrument, request),
    ];
  }

  submitOrder(order: PlacedOrder): Promise<Outcome<SubmitAcknowledgement>> {
    return this.parts.orders.submit(order);
  }

  cancelOrder(ref: OrderRef): Promise<Outcome<CancelAcknowledgement>> {
    return this.parts.orders.cancel(ref);
  }

  modifyOrder(
    ref: OrderRef,
    modifications: OrderModification,
    replacement: PlacedOrder,
  ): Promise<Outcome<SubmitAcknowledgement>> {
    return this.parts.orders.modify(ref, modifications, replacement);
  }

  cancelAll(assetId?: string): Promise<Outcome<CancelAllAcknowledgement>> {
    return this.parts.orders.cancelAll(assetId);
  }

  findOrder(ref: OrderRef): Promise<FoundOrder> {
    return this.parts.queries.findOrder(ref);
  }

  async getOrderStatus(ref: OrderRef): Promise<OrderStatus> {
    const found = await this.parts.queries.findOrder(ref);
    if (found.found) return found.update.status;
    throw new ServiceError('ORDER_NOT_FOUND', `BINANCE has no order ${ref.clientOrderId} on ${ref.assetId}.`);
  }

  listOpenOrders(tenantId: string, assetId?: string): Promise<OrderUpdate[]> {
    return this.parts.queries.listOpenOrders(tenantId, assetId);
  }

  surveyOpenOrders(tenantId: string): Promise<{ ours: OrderUpdate[]; foreign: ForeignOrder[] }> {
    return this.parts.queries.surveyOpenOrders(tenantId);
  }

  findClientOrderId(assetId: string, exchangeOrderId: string): Promise<string | undefined> {
    return this.parts.queries.findClientOrderId(assetId, exchangeOrderId);
  }

  listExecutions(
    tenantId: string,
    assetId: string,
    sinceMs: number,
  ): Promise<{ executions: ExecutionUpdate[]; more: boolean }> {
    return this.parts.queries.listExecutions(tenantId, assetId, sinceMs);
  }

  getBalance(asset?: string): Promise<BalanceResponse> {
    return this.parts.queries.getBalance(asset);
  }

  listTransfers(sinceMs: number): Promise<Transfer[]> {
    return this.parts.transfers.list(sinceMs);
  }

  getPositions(): Promise<PositionResponse[]> {
    return this.parts.queries.getPositions();
  }

  instruments(): Promise<readonly Instrument[]> {
    return this.parts.instruments.all();
  }

  getTicker(assetId: string): Promise<Ticker> {
    return this.parts.queries.getTicker(assetId);
  }

  subscribeToOrderUpdates(callback: (update: OrderUpdate) => void): Promise<SubscriptionHandle> {
    return this.subscribe(this.updateCallbacks, callback);
  }

  subscribeToExecutions(callback: (execution: ExecutionUpdate) => void): Promise<SubscriptionHandle> {
    return this.subscribe(this.executionCallbacks, callback);
  }

  unsubscribe({ id }: SubscriptionHandle): Promise<void> {
    this.updateCallbacks.delete(id);
    this.executionCallbacks.delete(id);
    return Promise.resolve();
  }

  async healthCheck(): Promise<ExchangeHealthResult> {
    const { clock } = this.options;
    const startedAtMs = clock.now();
    const common = { exchangeId: EXCHANGE_ID, streamConnected: this.isConnected() } as const;
    try {
      dataOf("BINANCE's time", await this.parts.endpoints.time());
      const clockOffsetMs = this.parts.serverClock.offsetMs;
      const latencyMs = clock.now() - startedAtMs;
      return { ...common, healthy: true, latencyMs, clockOffsetMs, timestamp: isoTime(clock.now()) };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const latencyMs = clock.now() - startedAtMs;
      return { ...common, healthy: false, latencyMs, reason: error.message, timestamp: isoTime(clock.now()) };
    }
  }

  async getRateLimitStatus(): Promise<RateLimitStatus> {
    const { clock, rateLimiter } = this.options;
    const states = await rateLimiter.statusOf(this.parts.limits);
    const bans = states.filter(({ category }) => category === 'WEIGHT').flatMap(({ bannedUntil }) => bannedUntil ?? []);
    return {
      exchangeId: EXCHANGE_ID,
      limits: states.map(({ category, limit, used, remaining, windowMs = 0 }) => {
        return { name: `${category} ${windowMs / 1_000} s`, limit, used, remaining, windowMs };
      }),
      ...(bans.length > 0 && { blockedUntil: Math.max(...bans.map((until) => Date.parse(until))) }),
      timestamp: isoTime(clock.now()),
    };
  }

  private async openStream(): Promise<void> {
    const { config, ...platform } = this.options;
    const { instruments, serverClock, guard, limits } = this.parts;
    if (config.wsEndpoint === undefined) {
      throw new ServiceError('CONFIGURATION', 'BINANCE has no wsEndpoint in its registration.');
    }
    const { wsEndpoint: endpoint, tenantId } = config;
    const prepare = (): Promise<() => void> => this.prepareStream();
    const stream = new UserStream(
      { ...platform, endpoint, tenantId, instruments, serverClock, guard, limits, prepare },
      {
        onUpdate: (update) => this.updateCallbacks.forEach((callback) => callback(update)),
        onExecution: (execution) => this.executionCallbacks.forEach((callback) => callback(execution)),
        onLost: (reason) => this.lossCallbacks.forEach((callback) => callback(reason)),
      },
    );
    await stream.open();
    this.stream = stream;
  }

  /** @throws ServiceError */
  private async prepareStream(): Promise<() => void> {
    const { instruments, endpoints, limits } = this.parts;
    dataOf("BINANCE's time", await endpoints.time());
    await instruments.all();
    const cost = limits.call({ WEBSOCKET: 1, WEIGHT: STREAM_WEIGHT }, 'HIGH');
    const turn = await this.options.rateLimiter.acquire(cost);
    if (!turn.granted) throw new RateLimitedError('The user data stream of BINANCE was not opened.', turn.retryAt);
    return () => void turn.release({ sent: true });
  }

  private subscribe<T>(callbacks: Map<string, T>, callback: T): Promise<SubscriptionHandle> {
    const id = this.options.random.uuid();
    callbacks.set(id, callback);
    return Promise.resolve({ id });
  }
}
