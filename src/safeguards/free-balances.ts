import type { DecimalString } from '../domain/decimal';
import type { ExchangeId } from '../domain/exchange';
import type { OrderRequest } from '../domain/order-request';
import type { BalanceResponse, ExchangeAdapter } from '../exchanges/adapter';
import type { Clock } from '../platform/clock';
import { SharedReads } from '../platform/shared-reads';
import { assetSpent } from './send-limits';

/** Balance queries are dear (Binance: weight 20), orders come in bursts. */
const BALANCE_KEPT_MS = 1_000;
const ACCOUNTS_KEPT_MAX = 10_000;

interface Kept {
  balance: BalanceResponse;
  beganAtMs: number;
}

export interface Accounts {
  getAdapter(tenantId: string, exchangeId: ExchangeId): Promise<Pick<ExchangeAdapter, 'getBalance'>>;
}

/** What is free on an account, as the exchange said it within the last second. */
export class FreeBalances {
  private readonly reads = new SharedReads<Kept>();
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly accounts: Accounts,
    private readonly clock: Clock,
  ) {}

  /** Of the asset that the order ties up. @throws ServiceError when the exchange does not say */
  async freeFor(order: OrderRequest & { exchangeId: ExchangeId }): Promise<{ asset: string; free: DecimalString }> {
    const asset = assetSpent(order);
    const { balance } = await this.read(order);
    return { asset, free: balance.balances.find((one) => one.asset === asset)?.free ?? '0' };
  }

  private async read({ tenantId, exchangeId }: { tenantId: string; exchangeId: ExchangeId }): Promise<Kept> {
    const key = `${tenantId}/${exchangeId}`;
    const known = this.kept.get(key);
    if (known !== undefined && Math.abs(this.clock.now() - known.beganAtMs) < BALANCE_KEPT_MS) return known;
    const fresh = await this.reads.read(key, async () => {
      const beganAtMs = this.clock.now();
      const adapter = await this.accounts.getAdapter(tenantId, exchangeId);
      return { balance: await adapter.getBalance(), beganAtMs };
    });
    if (this.kept.size >= ACCOUNTS_KEPT_MAX) this.kept.clear();
    this.kept.set(key, fresh);
    return fresh;
  }
}
