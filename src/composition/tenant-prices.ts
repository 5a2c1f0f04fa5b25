import type { ReconnectionStrategy } from '../domain/connection';
import type { DecimalString } from '../domain/decimal';
import { ServiceError } from '../domain/errors';
import type { ExchangeConfig, ExchangeId } from '../domain/exchange';
import type { AdapterOptions } from '../exchanges/exchange-module';
import { exchangeModule } from '../exchanges/registry';
import { createLiveMarketData } from '../marketdata/live-market-data';
import type { MarketData } from '../marketdata/market-data';
import { isoTime } from '../platform/clock';
import type { Mark, PricedPlace } from '../storage/last-prices';
import type { CallObserver } from '../transport/call-observer';

type Reach = Omit<AdapterOptions, 'config' | 'credentials' | 'observer'>;

/** Market prices where each tenant trades: a sandbox or a simulated exchange has prices of its own. */
export class TenantPrices {
  private readonly byTenant = new Map<string, MarketData>();

  constructor(
    private readonly exchanges: { getExchange(tenantId: string, exchangeId: ExchangeId): Promise<ExchangeConfig> },
    private readonly reach: Reach,
    private readonly watchers: (account: { tenantId: string; exchangeId: ExchangeId }) => CallObserver,
    private readonly strategyOf: (exchangeId: ExchangeId) => ReconnectionStrategy | undefined,
  ) {}

  /** The middle of the best prices, in quote; undefined while none is fresh enough. */
  async mid(place: PricedPlace): Promise<DecimalString | undefined> {
    return (await this.mark(place))?.price;
  }

  /** The same, and when it was received. */
  async mark({ tenantId, exchangeId, assetId }: PricedPlace): Promise<Mark | undefined> {
    try {
      const { mid, at } = await this.marketData(tenantId).quote(exchangeId, assetId);
      return { price: mid, at: isoTime(at) };
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
        const reconnectionStrategy = this.strategyOf(exchangeId);
        return exchangeModule(exchangeId).createMarketStream({
          ...this.reach,
          mode: config.mode,
          endpoints: config,
          ...(watch && { observer: { watch } }),
          ...(reconnectionStrategy && { reconnectionStrategy }),
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
