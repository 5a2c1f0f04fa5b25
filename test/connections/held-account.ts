import { clientOrderIdOf } from '../../src/domain/ids';
import { changeOfUpdate } from '../../src/domain/order-lifecycle';
import type { OrderUpdate } from '../../src/domain/order';
import { viewOrder } from '../../src/domain/order-view';
import type { OrderStatus } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import type { ExchangeAdapter } from '../../src/exchanges/adapter';
import { noCrashPoint } from '../../src/platform/crash-points';
import { silentLogger } from '../../src/platform/logger';
import { systemClock } from '../../src/platform/clock';
import { systemRandom } from '../../src/platform/random';
import type { ConnectionDeps } from '../../activities/connection/connection-deps';
import type { OrderUpdateMessage, ExecutionMessage } from '../../workflows/order/contract';
import { orderWorkflowId } from '../../workflows/order/contract';
import { silentAudit } from '../audit/silent-audit';
import { silentMeasures } from '../metrics/silent-measures';
import { errorHandler } from '../error-handling/error-handler';
import type { BinanceSandbox } from '../exchanges/binance-sandbox';
import { CREDENTIALS } from '../exchanges/binance-sandbox';
import { placed } from '../exchanges/placing';
import type { Audit } from '../simulation/auditor';
import { auditAccount } from '../simulation/auditor';
import type { Stores } from '../storage/stores';
import { anOrder, freshTenant } from '../storage/stores';

export interface Signal {
  workflowId: string;
  signal: 'execution' | 'orderUpdate';
  messages: readonly (ExecutionMessage | OrderUpdateMessage)[];
}

/** A tenant with an account at a simulated Binance, whose orders are recorded and whose signals are kept for the test. */
export class HeldAccount {
  readonly tenantId = freshTenant();
  readonly signals: Signal[] = [];
  readonly closed = new Set<string>();
  readonly adopted: string[] = [];
  readonly requests: OrderRequest[] = [];
  private readonly waiting: (() => void)[] = [];
  private sender: ExchangeAdapter | undefined;

  constructor(
    private readonly sandbox: BinanceSandbox,
    private readonly stores: Stores,
  ) {}

  get deps(): ConnectionDeps {
    const { orders } = this.stores;
    return {
      orders,
      ledger: this.stores.anotherLedger(),
      alerts: this.stores.alerts,
      errors: errorHandler({ alerts: this.stores.alerts }),
      exchanges: {
        getExchange: () => Promise.resolve({ ...this.sandbox.config, tenantId: this.tenantId }),
        getAdapter: () => Promise.resolve(this.sandbox.createAdapter({ config: { tenantId: this.tenantId } })),
      },
      audit: silentAudit,
      measures: silentMeasures,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      crashPoint: noCrashPoint,
      holder: 'test',
      orderRuns: {
        listRunning: () => Promise.resolve(this.running()),
        adopt: ({ orderId }) => {
          this.adopted.push(orderId);
          return Promise.resolve(true);
        },
      },
      signalOrder: (workflowId, signal, messages) => {
        if (this.closed.has(workflowId)) return Promise.resolve('closed');
        this.signals.push({ workflowId, signal, messages } as Signal);
        this.waiting.splice(0).forEach((wake) => wake());
        return Promise.resolve('delivered');
      },
    };
  }

  /** Sends and records an order as the submit activity does: a BUY LIMIT of 1 BTC that rests at 20000. */
  async place(fields: Parameters<typeof anOrder>[1] = {}): Promise<OrderRequest> {
    const { request, update } = await this.send(fields);
    await this.stores.orders.recordLifecycle(this.tenantId, request.orderId, changeOfUpdate(update));
    return request;
  }

  /** The same, up to where the exchange's answer is to be recorded. */
  async send(fields: Parameters<typeof anOrder>[1] = {}): Promise<{ request: OrderRequest; update: OrderUpdate }> {
    const request = anOrder(this.tenantId, fields);
    const clientOrderId = clientOrderIdOf(request.orderId, 0);
    this.sender ??= this.sandbox.createAdapter({ config: { tenantId: this.tenantId } });
    const intent = { token: systemRandom.uuid(), clientOrderId, runId: 'run', sendBy: Date.now() + 5_000 };
    await this.stores.orders.claimIntent(request, intent);
    const outcome = await this.sender.submitOrder(placed(request));
    if (outcome.outcome !== 'accepted') throw new Error(JSON.stringify(outcome));
    this.requests.push(request);
    return { request, update: outcome.value.update };
  }

  fill({ orderId }: OrderRequest, quantity?: string): Promise<unknown> {
    const clientOrderId = clientOrderIdOf(orderId, 0);
    return this.sandbox.admin.fill({ symbol: 'BTCUSDT', clientOrderId, ...(quantity !== undefined && { quantity }) });
  }

  async cancelAtExchange(request: OrderRequest): Promise<void> {
    const { tenantId, orderId, assetId } = request;
    const ref = { tenantId, orderId, assetId, clientOrderId: clientOrderIdOf(orderId, 0) };
    const outcome = await this.sender!.cancelOrder(ref);
    if (outcome.outcome !== 'accepted') throw new Error(JSON.stringify(outcome));
  }

  private running(): Set<string> {
    const ids = this.requests.map(({ orderId }) => orderId);
    return new Set(ids.filter((orderId) => !this.closed.has(orderWorkflowId(this.tenantId, orderId))));
  }

  signalsTo({ orderId }: OrderRequest): Signal[] {
    const workflowId = orderWorkflowId(this.tenantId, orderId);
    return this.signals.filter((signal) => signal.workflowId === workflowId);
  }

  /** Resolves when the signals so far fulfil the condition; the test's own time limit ends the wait. */
  async untilTold(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** How the order was told last to stand. */
  toldStatus(request: OrderRequest): OrderStatus | undefined {
    const updates = this.signalsTo(request).flatMap(({ signal, messages }) =>
      signal === 'orderUpdate' ? (messages as OrderUpdateMessage[]) : [],
    );
    return updates.at(-1)?.status;
  }

  /** How much the order was told to have filled. */
  toldFilled(request: OrderRequest): string {
    const executions = this.signalsTo(request).flatMap(({ signal, messages }) =>
      signal === 'execution' ? (messages as ExecutionMessage[]) : [],
    );
    const newest = executions.reduce((best, { ledger }) => (ledger!.version > best.version ? ledger! : best), {
      version: 0,
      filledQuantity: '0',
    });
    return newest.filledQuantity;
  }

  async audit(): Promise<Audit> {
    const { orders, positions } = this.stores;
    const ours = this.requests.map(async ({ orderId }) => {
      const record = await orders.get(this.tenantId, orderId);
      const { items, cursor } = await orders.listFills(this.tenantId, orderId);
      if (record === undefined || cursor !== undefined) throw new Error(`Order ${orderId} can't be audited.`);
      return { order: viewOrder(record.state), fills: items };
    });
    const state = await this.sandbox.admin.state();
    const held = await positions.list(this.tenantId);
    return auditAccount(this.ownPart(state), CREDENTIALS.apiKey, {
      orders: await Promise.all(ours),
      positions: held.items,
    });
  }

  /** Tests of one file share the account: each sees its own orders. */
  private ownPart<T extends Awaited<ReturnType<BinanceSandbox['admin']['state']>>>(state: T): T {
    const own = new Set(this.requests.map(({ orderId }) => clientOrderIdOf(orderId, 0)));
    return {
      ...state,
      orders: state.orders.filter(({ clientOrderId }) => own.has(clientOrderId)),
      trades: state.trades.filter(({ maker, taker }) => own.has(maker.clientOrderId) || own.has(taker.clientOrderId)),
    };
  }
}
