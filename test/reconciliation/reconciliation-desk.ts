import { surveyAccount } from '../../activities/reconciliation-activity';
import type { AccountSurvey, ReconciliationRun } from '../../activities/reconciliation-activities';
import type { ReconciliationDeps } from '../../activities/reconciliation/reconciliation-deps';
import { settleSurvey } from '../../activities/reconciliation/settlement';
import type { OrderRequest, OrderRequestInput } from '../../src/domain/order-request';
import type { AccountName, ReconciliationInput, ReconciliationReport } from '../../src/domain/reconciliation';
import { systemClock } from '../../src/platform/clock';
import { systemRandom } from '../../src/platform/random';
import type { SimulatorAdmin } from '../../src/simulator/admin-client';
import { DynamoReconciliationStore } from '../../src/storage/dynamodb/reconciliation-store';
import { orderWorkflowId } from '../../workflows/order/contract';
import { KeptAlerts } from '../alerts/kept-alerts';
import { CREDENTIALS } from '../exchanges/binance-sandbox';
import { OrderDesk } from '../properties/order-desk';
import type { TestStack } from '../stack/stack';
import { freshTenant, type Stores } from '../storage/stores';
import { orderOf } from '../exchanges/placing';

/**
 * The reconciliation activities over the real stores, the real ledger, the real adapter and a simulated Binance behind a
 * real socket, for one account that nobody holds a stream of. Its clock doesn't wait.
 */
export class ReconciliationDesk {
  readonly alerts = new KeptAlerts();
  /** What orders' workflows were told: `<orderId> <signal>`. */
  readonly told: string[] = [];
  /** The orders whose workflow runs; undefined: all of them. */
  running: Set<string> | undefined;
  readonly adopted: string[] = [];
  readonly name: AccountName = { tenantId: freshTenant(), exchangeId: 'BINANCE' };

  private constructor(
    private readonly desk: OrderDesk,
    readonly deps: ReconciliationDeps,
  ) {}

  static async open(stack: TestStack): Promise<ReconciliationDesk> {
    const orders = await OrderDesk.open(stack);
    const { client, tables, ledger, positions } = orders.stores;
    const deps: ReconciliationDeps = {
      ...orders.deps,
      ledger,
      positions,
      reconciliations: new DynamoReconciliationStore(client, tables),
      clock: { ...systemClock, sleep: () => Promise.resolve() },
      alerts: new KeptAlerts(),
      signalOrder: () => Promise.resolve('delivered'),
      orderRuns: { listRunning: () => Promise.resolve(new Set()), adopt: () => Promise.resolve(false) },
    };
    return new ReconciliationDesk(orders, deps).wired();
  }

  get admin(): SimulatorAdmin {
    return this.desk.sandbox.admin;
  }

  get stores(): Stores {
    return this.desk.stores;
  }

  /** The simulator's name of the account. */
  get accountId(): string {
    return CREDENTIALS.apiKey;
  }

  close(): Promise<void> {
    return this.desk.close();
  }

  anOrder(fields: Partial<OrderRequestInput> = {}): OrderRequest {
    return orderOf({ tenantId: this.name.tenantId, ...fields });
  }

  /** Places an order the way of every order: what it fills at once is booked. */
  async submit(request: OrderRequest): Promise<void> {
    await this.desk.submit(request);
  }

  survey(input: Partial<ReconciliationInput> = {}): Promise<AccountSurvey> {
    return surveyAccount(this.deps, this.inputOf(input));
  }

  settle(survey: AccountSurvey, asked: Partial<ReconciliationInput> = {}): Promise<ReconciliationReport | null> {
    const input = this.inputOf(asked);
    const startedAt = new Date().toISOString();
    const run: ReconciliationRun = { input, reportId: systemRandom.uuid(), startedAt };
    return settleSurvey(this.deps, run, survey);
  }

  async reconcile(input: Partial<ReconciliationInput> = {}): Promise<ReconciliationReport> {
    const report = await this.settle(await this.survey(input), input);
    if (report === null) throw new Error('Somebody else has reconciled the account meanwhile.');
    return report;
  }

  private inputOf(asked: Partial<ReconciliationInput>): ReconciliationInput {
    return { ...this.name, requestedBy: 'ada', ...asked };
  }

  /** What the exchange itself says is there. */
  async balanceOf(asset: string): Promise<string> {
    const adapter = await this.deps.exchanges.getAdapter(this.name.tenantId, this.name.exchangeId);
    return (await adapter.getBalance(asset)).balances[0]?.total ?? '0';
  }

  async quantityOf(assetId: string): Promise<string> {
    const { tenantId, exchangeId } = this.name;
    return (await this.stores.positions.get(tenantId, assetId, exchangeId))?.quantity ?? '0';
  }

  private wired(): this {
    const signalOrder: ReconciliationDeps['signalOrder'] = (workflowId, signal) => {
      this.told.push(`${workflowId} ${signal}`);
      return Promise.resolve('delivered');
    };
    const orderRuns: ReconciliationDeps['orderRuns'] = {
      listRunning: async () => this.running ?? new Set(await this.allOpen()),
      adopt: ({ orderId }) => {
        this.adopted.push(orderId);
        return Promise.resolve(true);
      },
    };
    Object.assign(this.deps, { alerts: this.alerts, signalOrder, orderRuns });
    return this;
  }

  private async allOpen(): Promise<string[]> {
    const { items } = await this.stores.orders.list(this.name.tenantId, {});
    return items.map(({ request }) => request.orderId);
  }

  toldOf({ tenantId, orderId }: OrderRequest): string[] {
    const prefix = `${orderWorkflowId(tenantId, orderId)} `;
    return this.told.filter((entry) => entry.startsWith(prefix)).map((entry) => entry.slice(prefix.length));
  }
}
