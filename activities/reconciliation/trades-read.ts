import { mapBounded } from '../../src/connections/bounded-concurrency';
import { orderOfClientOrderId } from '../../src/domain/ids';
import type { ExecutionUpdate } from '../../src/domain/order';
import type { AccountName, ReconciledAccount } from '../../src/domain/reconciliation';
import type { ExchangeAdapter } from '../../src/exchanges/adapter';
import type { ForeignTrade } from '../../src/reconciliation/balance-equation';
import type { EventProcessor } from '../connection/event-processor';
import { executionPages } from '../connection/execution-pages';
import { patiently } from '../connection/patience';
import type { ReconciliationDeps } from './reconciliation-deps';

/** Each order of somebody else is looked up once. */
const FOREIGN_ORDERS_MAX = 500;
const FOREIGN_TRADES_MAX = 500;
/** Small, so that orders and cancels find room in the rate limit. */
const OWNERS_AT_ONCE_MAX = 5;

/** A trade of an order that is none of ours, with what it is counted under. */
export interface FoundTrade extends ForeignTrade {
  key: string;
  exchangeOrderId: string;
}

/**
 * Reads an account's trades: ours are booked and told as a backfill would, those of others are collected. One is
 * somebody else's only on the exchange's word, since an order of ours may trade before its acknowledgement is recorded.
 */
export class TradesRead {
  readonly foreign = new Map<string, FoundTrade>();
  /** Trades that need no second look. */
  private readonly known: Set<string>;
  private readonly owners = new Map<string, string | undefined>();
  private ownersAsked = 0;

  constructor(
    private readonly deps: ReconciliationDeps,
    private readonly name: AccountName,
    private readonly adapter: ExchangeAdapter,
    private readonly processor: EventProcessor,
    counted: ReconciledAccount['countedTrades'],
  ) {
    this.known = new Set(Object.keys(counted));
  }

  /** Others have traded more than is counted one by one; what is beyond shows in the balances alone. */
  get isTooMuch(): boolean {
    return this.foreign.size >= FOREIGN_TRADES_MAX || this.ownersAsked >= FOREIGN_ORDERS_MAX;
  }

  async read(assetId: string, sinceMs: number): Promise<void> {
    for await (const executions of executionPages(this.deps, this.name, this.adapter, { assetId, sinceMs })) {
      const fresh = executions.filter((execution) => !this.known.has(keyOf(execution)));
      await this.findOwners(fresh);
      const ours = fresh.flatMap((execution) => {
        const orderId = this.owners.get(orderKeyOf(execution));
        return orderId === undefined ? [] : [{ ...execution, orderId }];
      });
      if (ours.length > 0) await this.processor.processExecutions(ours, { source: 'BACKFILL' });
      for (const execution of fresh) this.collect(execution);
      if (this.isTooMuch) return;
    }
  }

  private collect(execution: ExecutionUpdate): void {
    if (this.isTooMuch || !this.owners.has(orderKeyOf(execution))) return;
    const key = keyOf(execution);
    this.known.add(key);
    if (this.owners.get(orderKeyOf(execution)) === undefined) this.foreign.set(key, { ...execution, key });
  }

  /** Of each order whose trades these are: ours, or undefined for one of somebody else. */
  private async findOwners(executions: readonly ExecutionUpdate[]): Promise<void> {
    const unknown = executions.filter((execution) => !this.owners.has(orderKeyOf(execution)));
    const first = new Map(unknown.map((execution) => [orderKeyOf(execution), execution]));
    await mapBounded([...first], OWNERS_AT_ONCE_MAX, async ([key, execution]) => {
      if (!this.isTooMuch) this.owners.set(key, await this.ownerOf(execution));
    });
  }

  private async ownerOf({ assetId, exchangeOrderId }: ExecutionUpdate): Promise<string | undefined> {
    const { tenantId, exchangeId } = this.name;
    const known = await this.deps.orders.findByExchangeOrderId(tenantId, exchangeId, assetId, exchangeOrderId);
    if (known !== undefined) return known.request.orderId;
    this.ownersAsked += 1;
    const clientOrderId = await patiently(this.deps, exchangeId, () =>
      this.adapter.findClientOrderId(assetId, exchangeOrderId),
    );
    const ours = clientOrderId === undefined ? undefined : orderOfClientOrderId(clientOrderId);
    const record = ours && (await this.deps.orders.get(tenantId, ours.orderId));
    return record?.state.request.orderId;
  }
}

function orderKeyOf({ assetId, exchangeOrderId }: ExecutionUpdate): string {
  return `${assetId}#${exchangeOrderId}`;
}

function keyOf(execution: ExecutionUpdate): string {
  return `${orderKeyOf(execution)}#${execution.executionId}`;
}
