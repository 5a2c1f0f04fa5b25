import type { DecimalString } from '../domain/decimal';
import { ServiceError } from '../domain/errors';
import type { ExchangeConfig, ExchangeId } from '../domain/exchange';
import type { PositionState } from '../domain/position';
import type { AdapterOptions } from '../exchanges/exchange-module';
import { exchangeModule } from '../exchanges/registry';
import { createLiveMarketData } from '../marketdata/live-market-data';
import type { MarketData } from '../marketdata/market-data';
import type { CallObserver } from '../transport/call-observer';

type Reach = Omit<AdapterOptions, 'config' | 'credentials' | 'observer'>;
type Place = Pick<PositionState, 'tenantId' | 'exchangeId' | 'assetId'>;

/** Market prices where each tenant trades: a sandbox or a simulated exchange has prices of its own. */
export class TenantPrices {
  private readonly byTenant = new Map<string, MarketData>();

  constructor(
    private readonly exchanges: { getExchange(tenantId: string, exchangeId: ExchangeId): Promise<ExchangeConfig> },
    private readonly reach: Reach,
    private readonly watchers: (account: { tenantId: string; exchangeId: ExchangeId }) => CallObserver,
  ) {}

  /** The middle of the best prices, in quote; undefined while none is fresh enough. */
  async mid({ tenantId, exchangeId, assetId }: Place): Promise<DecimalString | undefined> {
    try {
      return (await this.marketData(tenantId).quote(exchangeId, assetId)).mid;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      this.reach.logger.debug({ tenantId, exchangeId, assetId, code: error.code }, 'No market price.');
      return undefined;
    }
  }

  marketData(tenantId: string): MarketData {
    const known = this.byTenant.get(tenantId);
    if (known !== undefined) return known;
    const fresh = createLiveMarketData({
      ...this.reach,
      createStream: async (exchangeId) => {
        const config = await this.exchanges.getExchange(tenantId, exchangeId);
        const { watch } = this.watchers({ tenantId, exchangeId });
        return exchangeModule(exchangeId).createMarketStream({
          ...this.reach,
          mode: config.mode,
          endpoints: config,
          ...(watch && { observer: { watch } }),
        });
      },
    });
    this.byTenant.set(tenantId, fresh);
    return fresh;
  }

  async close(): Promise<void> {
    await Promise.all([...this.byTenant.values()].map((marketData) => marketData.close()));
  }
}
