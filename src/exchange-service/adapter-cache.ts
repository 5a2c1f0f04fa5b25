import type { ExchangeConfig } from '../domain/exchange';
import type { ExchangeAdapter } from '../exchanges/adapter';
import type { Logger } from '../platform/logger';

interface Entry {
  fingerprint: string;
  adapter: Promise<ExchangeAdapter>;
}

/**
 * One adapter for each registration, as long as what it was built from stays the same. A change of status, priority or
 * name keeps it: its streams must go on. One that is replaced is disconnected.
 */
export class AdapterCache {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly build: (config: ExchangeConfig) => Promise<ExchangeAdapter>,
    private readonly logger: Logger,
  ) {}

  async get(config: ExchangeConfig): Promise<ExchangeAdapter> {
    const key = `${config.tenantId}/${config.exchangeId}`;
    const fingerprint = fingerprintOf(config);
    const known = this.entries.get(key);
    if (known?.fingerprint === fingerprint) return await known.adapter;
    const adapter = this.build(config);
    this.entries.set(key, { fingerprint, adapter });
    if (known !== undefined) await this.disconnect(known);
    try {
      return await adapter;
    } catch (error) {
      if (this.entries.get(key)?.adapter === adapter) this.entries.delete(key);
      throw error;
    }
  }

  async close(): Promise<void> {
    const entries = [...this.entries.values()];
    this.entries.clear();
    await Promise.all(entries.map((entry) => this.disconnect(entry)));
  }

  private async disconnect({ adapter }: Entry): Promise<void> {
    try {
      await (await adapter).disconnect();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.logger.warn({ error: reason }, 'An adapter that is no longer used did not disconnect.');
    }
  }
}

/** What an adapter is built from. */
export function fingerprintOf({
  mode,
  authMethod,
  credentials,
  rateLimits,
  supportedFeatures,
  ...config
}: ExchangeConfig): string {
  const { restEndpoint, wsEndpoint, wsPublicEndpoint, fixEndpoint } = config;
  const endpoints = [restEndpoint, wsEndpoint, wsPublicEndpoint, fixEndpoint];
  return JSON.stringify([mode, endpoints, authMethod, credentials, rateLimits, supportedFeatures]);
}
