import type { ExchangeError } from '../domain/errors';
import { ServiceError } from '../domain/errors';
import type { ExchangeConfig, ExchangeId, ExchangeStatus } from '../domain/exchange';
import { EXCHANGE_STATUSES } from '../domain/exchange';
import type { ExchangeAdapter } from '../exchanges/adapter';
import { isoTime } from '../platform/clock';
import { AdapterCache, fingerprintOf } from './adapter-cache';
import { buildAdapter } from './adapter-building';
import type { ExchangeConfigInput, ExchangeConfigUpdate } from './config-input';
import { readConfigInput, readConfigUpdate } from './config-input';
import type { ExchangeServiceParts } from './exchange-service-parts';
import { changedRegistration, newRegistration, withStatus } from './registration';
import { invalid, tenantIdFaults } from './registration-faults';
import { Registrations } from './registrations';

/** Whether the exchange takes the credentials (specification: CredentialValidationResult). */
export interface CredentialValidationResult {
  exchangeId: ExchangeId;
  valid: boolean;
  /** Why not, in the exchange's words. */
  reason?: string;
  timestamp: string;
}

/** A tenant's exchanges (specification: ExchangeService). Credentials go in once and come out of getAdapter only. */
export class ExchangeService {
  private readonly adapters: AdapterCache;
  private readonly registrations: Registrations;

  constructor(private readonly parts: ExchangeServiceParts) {
    this.registrations = new Registrations(parts);
    this.adapters = new AdapterCache((config) => this.buildAdapter(config), parts.logger);
  }

  /** @throws ServiceError INVALID_INPUT with all faults; also for an exchange that is registered already */
  async registerExchange(tenantId: string, input: ExchangeConfigInput): Promise<ExchangeConfig> {
    const read = readConfigInput(input);
    if (!read.ok) throw invalid([...tenantIdFaults(tenantId), ...read.faults]);
    const config = await newRegistration(this.parts, tenantId, read.value);
    if (await this.registrations.create(config)) return config;
    const { exchangeId } = config;
    throw invalid([{ field: 'exchangeId', message: `${exchangeId} is registered already: update it instead` }]);
  }

  /** Strongly consistent. @throws ServiceError EXCHANGE_NOT_REGISTERED */
  getExchange(tenantId: string, exchangeId: ExchangeId): Promise<ExchangeConfig> {
    return this.registrations.get(tenantId, exchangeId);
  }

  /** In the order of failover: priority, then name. */
  async listExchanges(tenantId: string): Promise<ExchangeConfig[]> {
    const configs = await this.parts.configs.list(tenantId);
    return configs.sort((a, b) => a.priority - b.priority || (a.exchangeId < b.exchangeId ? -1 : 1));
  }

  /**
   * Changes what is given. A new mode needs its own credentials, and brings the exchange's addresses of that mode
   * unless addresses are given.
   * @throws ServiceError INVALID_INPUT with all faults, EXCHANGE_NOT_REGISTERED
   */
  async updateExchange(
    tenantId: string,
    exchangeId: ExchangeId,
    updates: ExchangeConfigUpdate,
  ): Promise<ExchangeConfig> {
    const read = readConfigUpdate(updates);
    if (!read.ok) throw invalid(read.faults);
    const { value } = read;
    return await this.registrations.change(tenantId, exchangeId, (config) =>
      changedRegistration(this.parts, config, value),
    );
  }

  /**
   * `reason` is shown with the status until the next one is set.
   * @throws ServiceError INVALID_INPUT, EXCHANGE_NOT_REGISTERED
   */
  async setExchangeStatus(
    tenantId: string,
    exchangeId: ExchangeId,
    status: ExchangeStatus,
    reason?: string,
  ): Promise<void> {
    if (!EXCHANGE_STATUSES.includes(status)) {
      throw invalid([
        { field: 'status', message: `must be one of ${EXCHANGE_STATUSES.join(', ')}, got ${JSON.stringify(status)}` },
      ]);
    }
    await this.registrations.change(tenantId, exchangeId, (config) =>
      Promise.resolve(withStatus(config, status, reason)),
    );
  }

  /**
   * The tenant's adapter, one for each registration in this process; a change of addresses or credentials is seen
   * within a second and gives a new one.
   * @throws ServiceError EXCHANGE_NOT_REGISTERED, CONFIGURATION
   */
  async getAdapter(tenantId: string, exchangeId: ExchangeId): Promise<ExchangeAdapter> {
    return await this.adapters.get(await this.registrations.getRecent(tenantId, exchangeId));
  }

  /**
   * An adapter of the caller's own, for the holder of an account's stream; the caller disconnects it.
   * @throws ServiceError EXCHANGE_NOT_REGISTERED, CONFIGURATION
   */
  async openAdapter(tenantId: string, exchangeId: ExchangeId): Promise<ExchangeAdapter> {
    return await this.buildAdapter(await this.getExchange(tenantId, exchangeId));
  }

  /** Asks the exchange for the account's balance. @throws ServiceError when the exchange gives no answer to judge by */
  async validateCredentials(tenantId: string, exchangeId: ExchangeId): Promise<CredentialValidationResult> {
    const adapter = await this.getAdapter(tenantId, exchangeId);
    const result = { exchangeId, timestamp: isoTime(this.parts.clock.now()) };
    try {
      await adapter.getBalance();
      return { ...result, valid: true };
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'AUTHENTICATION_FAILED') throw error;
      return { ...result, valid: false, reason: error.message };
    }
  }

  /** Disconnects every adapter that this process has. */
  async close(): Promise<void> {
    await this.adapters.close();
  }

  private buildAdapter(config: ExchangeConfig): Promise<ExchangeAdapter> {
    return buildAdapter(this.parts, config, (error) => this.disable(config, error));
  }

  /**
   * Takes an exchange that refuses us for good out of trading (specification: FATAL). A registration that was changed
   * since, or whose status a person has set, is left as it is: the refusal says nothing of it.
   */
  private async disable(used: ExchangeConfig, { code, message }: ExchangeError): Promise<void> {
    const { tenantId, exchangeId } = used;
    try {
      await this.registrations.change(tenantId, exchangeId, (config) => {
        const isMeant = config.status === 'ACTIVE' && fingerprintOf(config) === fingerprintOf(used);
        return Promise.resolve(isMeant ? withStatus(config, 'ERROR', `${code}: ${message}`) : config);
      });
    } catch (error) {
      const fields = { tenantId, exchangeId, err: error };
      this.parts.logger.error(fields, 'An exchange could not be set to ERROR; the next refusal tries again.');
    }
  }
}
