import { mapBounded } from '../../src/connections/bounded-concurrency';
import { unlessAborted } from '../../src/connections/unless-aborted';
import type { ConnectionDeps, ConnectionLimits, TellOrder } from './connection-deps';
import type { ConnectionName } from './event-processor';
import { RecordedOrders, updateOf } from './recorded-orders';

/** Each then asks the exchange for itself; the rest is asked after the next sweep. */
const ASKED_A_SWEEP_MAX = 50;
const TOLD_AT_ONCE_MAX = 10;

/** What is swept: a connection, whether its stream is open or not. */
export interface SweptConnection {
  name: ConnectionName;
  /** By whoever held it before. */
  heardAt: string;
  isLive(): boolean;
  /** Checks our open orders against the exchange's. */
  sweep(signal: AbortSignal): Promise<void>;
}

/**
 * Looks at the open orders now and then as long as the connection is held: finds what the stream lost silently, and
 * speaks in its place while it is down. Where that fails too for longer than the account allows, nobody hears of the
 * open orders any more: they are made to ask for themselves, and become stuck if they get no answer (property 39).
 */
export class OpenOrderSweeps {
  private heardMs: number;
  private readonly asked = new Set<string>();
  private readonly recorded: RecordedOrders;

  constructor(
    private readonly deps: Pick<ConnectionDeps, 'clock' | 'logger' | 'orders' | 'exchanges'> & { tellOrder: TellOrder },
    private readonly limits: Pick<ConnectionLimits, 'sweepIntervalMs'>,
    private readonly connection: SweptConnection,
  ) {
    this.heardMs = Date.parse(connection.heardAt);
    this.recorded = new RecordedOrders(deps, connection.name);
  }

  /** When the account was heard of last, by its stream or by asking. */
  get heardAtMs(): number {
    return this.connection.isLive() ? this.deps.clock.now() : this.heardMs;
  }

  /** The account is heard of, or was until now. */
  heard(): void {
    this.heardMs = this.deps.clock.now();
    this.asked.clear();
  }

  /** Never throws: what a sweep misses, the next one sees. */
  async run(ended: AbortSignal): Promise<void> {
    const { clock } = this.deps;
    for (;;) {
      await clock.sleep(this.limits.sweepIntervalMs, ended).catch(() => {});
      if (ended.aborted) return;
      await this.quietly(async () => {
        await unlessAborted(this.connection.sweep(ended), ended);
        this.heard();
      }, ended);
      await this.quietly(() => this.askIfSilent(), ended);
    }
  }

  /** The connection can't be had before a person has mended something: nobody hears of the open orders until then. */
  async giveUp(): Promise<void> {
    await this.quietly(() => this.askOrders());
  }

  private async askOrders(): Promise<void> {
    const open = await this.recorded.open();
    const silent = open.filter(
      ({ request, lifecycle }) =>
        lifecycle.phase === 'OPEN' && lifecycle.stuck === undefined && !this.asked.has(request.orderId),
    );
    await mapBounded(silent.slice(0, ASKED_A_SWEEP_MAX), TOLD_AT_ONCE_MAX, async (order) => {
      const { tenantId, orderId } = order.request;
      await this.deps.tellOrder({ tenantId, orderId, executions: [], update: updateOf(order) });
      this.asked.add(orderId);
    });
  }

  private async askIfSilent(): Promise<void> {
    if (this.connection.isLive()) return this.heard();
    const { tenantId, exchangeId } = this.connection.name;
    const { stuckAfterMs } = await this.deps.exchanges.getExchange(tenantId, exchangeId);
    if (this.deps.clock.now() - this.heardAtMs >= stuckAfterMs) await this.askOrders();
  }

  private async quietly(work: () => Promise<void>, ended?: AbortSignal): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (ended?.aborted !== true) this.deps.logger.warn({ err: error }, 'a check of the open orders failed');
    }
  }
}
