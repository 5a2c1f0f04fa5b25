import { ServiceError } from '../domain/errors';
import type { ExchangeConfig, ExchangeId } from '../domain/exchange';
import { isoTime } from '../platform/clock';
import { SharedReads } from '../platform/shared-reads';
import { displayConfig } from './display-config';
import type { ExchangeServiceParts } from './exchange-service-parts';

/** Concurrent changes of one registration that a change gives way to before it gives up. */
const WRITE_ATTEMPTS_MAX = 5;
/** How long a configuration that was read may still give an adapter: calls come in bursts. */
const CONFIG_KEPT_MS = 1_000;
const CONFIGS_KEPT_MAX = 10_000;

/** The registrations as they are stored: read together, changed one after the other, each change audited. */
export class Registrations {
  private readonly reads = new SharedReads<ExchangeConfig | undefined>();
  private readonly kept = new Map<string, { config: ExchangeConfig; readAtMs: number }>();

  constructor(private readonly parts: Pick<ExchangeServiceParts, 'configs' | 'audit' | 'clock'>) {}

  /** Strongly consistent. @throws ServiceError EXCHANGE_NOT_REGISTERED */
  async get(tenantId: string, exchangeId: ExchangeId): Promise<ExchangeConfig> {
    const key = `${tenantId}/${exchangeId}`;
    const config = await this.reads.read(key, () => this.parts.configs.get(tenantId, exchangeId));
    if (config !== undefined) return this.keep(config);
    throw new ServiceError('EXCHANGE_NOT_REGISTERED', `Tenant ${tenantId} has not registered ${exchangeId}.`);
  }

  /** As it was at most CONFIG_KEPT_MS ago. @throws ServiceError EXCHANGE_NOT_REGISTERED */
  async getRecent(tenantId: string, exchangeId: ExchangeId): Promise<ExchangeConfig> {
    const kept = this.kept.get(`${tenantId}/${exchangeId}`);
    const isFresh = kept !== undefined && this.parts.clock.now() - kept.readAtMs < CONFIG_KEPT_MS;
    return isFresh ? kept.config : await this.get(tenantId, exchangeId);
  }

  /** False when the exchange is registered already. */
  async create(config: ExchangeConfig): Promise<boolean> {
    if (!(await this.parts.configs.put(config, undefined))) return false;
    this.audited('REGISTERED', config);
    return true;
  }

  /** Reads, changes and writes; again when another change came between. updatedAt grows with every change. */
  async change(
    tenantId: string,
    exchangeId: ExchangeId,
    changed: (config: ExchangeConfig) => Promise<ExchangeConfig>,
  ): Promise<ExchangeConfig> {
    for (let attempt = 1; attempt <= WRITE_ATTEMPTS_MAX; attempt++) {
      const before = await this.get(tenantId, exchangeId);
      const nowMs = Math.max(this.parts.clock.now(), Date.parse(before.updatedAt) + 1);
      const changes = await changed(before);
      if (changes === before) return before;
      const after = { ...changes, updatedAt: isoTime(nowMs) };
      if (await this.parts.configs.put(after, before.updatedAt)) return this.keep(this.audited('CHANGED', after));
    }
    const what = `${tenantId}'s registration of ${exchangeId} was changed by others ${WRITE_ATTEMPTS_MAX} times in a row.`;
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', what);
  }

  private audited(what: 'REGISTERED' | 'CHANGED', config: ExchangeConfig): ExchangeConfig {
    const { tenantId, exchangeId } = config;
    this.parts.audit.record({
      tenantId,
      exchangeId,
      operationType: 'CONFIG_CHANGE',
      requestedBy: 'service',
      request: { what },
      result: displayConfig(config),
    });
    return config;
  }

  private keep(config: ExchangeConfig): ExchangeConfig {
    if (this.kept.size >= CONFIGS_KEPT_MAX) this.kept.clear();
    this.kept.set(`${config.tenantId}/${config.exchangeId}`, { config, readAtMs: this.parts.clock.now() });
    return config;
  }
}
