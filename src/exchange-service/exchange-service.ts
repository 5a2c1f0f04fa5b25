import type { AuditService } from '../audit/audit-service';
import { redactors } from '../audit/redaction';
import type { Fault } from '../domain/errors';
import { describeFaults, type ExchangeError, ServiceError } from '../domain/errors';
import type { Credentials, EncryptedCredentials, ExchangeConfig, ExchangeId, ExchangeStatus } from '../domain/exchange';
import { EXCHANGE_STATUSES } from '../domain/exchange';
import { tenantIdSchema } from '../domain/order-request';
import type { ErrorHandler } from '../error-handling/error-handler';
import { watchAdapter } from '../error-handling/watched-adapter';
import type { ExchangeAdapter } from '../exchanges/adapter';
import type { AdapterOptions, ExchangeEndpoints, ExchangeModule } from '../exchanges/exchange-module';
import { isoTime } from '../platform/clock';
import type { CredentialCipher } from '../storage/credentials/cipher';
import { decryptCredentials, encryptCredentials } from '../storage/credentials/cipher';
import type { ExchangeConfigStore } from '../storage/exchange-configs';
import { AdapterCache, fingerprintOf } from './adapter-cache';
import type { ExchangeConfigInput, ExchangeConfigUpdate, Read } from './config-input';
import { readConfigInput, readConfigUpdate } from './config-input';
import { SharedReads } from '../platform/shared-reads';
import { featuresOf, givenEndpoints, modeFaults } from './config-rules';

/** Concurrent changes of one registration that a change gives way to before it gives up. */
/** What a registration says of stuckAfterMs when it says nothing. */
export const STUCK_AFTER_MS = 60_000;
const WRITE_ATTEMPTS_MAX = 5;
/** How long a configuration that was read may still give an adapter: calls come in bursts. */
const CONFIG_KEPT_MS = 1_000;
const CONFIGS_KEPT_MAX = 10_000;

/** Whether the exchange takes the credentials (specification: CredentialValidationResult). */
export interface CredentialValidationResult {
  exchangeId: ExchangeId;
  valid: boolean;
  /** Why not, in the exchange's words. */
  reason?: string;
  timestamp: string;
}

export interface ExchangeServiceParts extends Omit<AdapterOptions, 'config' | 'credentials' | 'observer'> {
  audit: Pick<AuditService, 'observe' | 'record'>;
  configs: ExchangeConfigStore;
  cipher: CredentialCipher;
  errors: ErrorHandler;
  exchanges: Partial<Record<ExchangeId, ExchangeModule>>;
}

/** A tenant's exchanges (specification: ExchangeService). Credentials go in once and come out of getAdapter only. */
export class ExchangeService {
  private readonly adapters: AdapterCache;
  private readonly reads = new SharedReads<ExchangeConfig | undefined>();
  private readonly kept = new Map<string, { config: ExchangeConfig; readAtMs: number }>();

  constructor(private readonly parts: ExchangeServiceParts) {
    this.adapters = new AdapterCache((config) => this.buildAdapter(config), parts.logger);
  }

  /** @throws ServiceError INVALID_INPUT with all faults; also for an exchange that is registered already */
  async registerExchange(tenantId: string, input: ExchangeConfigInput): Promise<ExchangeConfig> {
    const read = readConfigInput(input);
    const tenantFault = tenantIdFaults(tenantId);
    if (!read.ok) throw invalid([...tenantFault, ...read.faults]);
    const { exchangeId, mode } = read.value;
    const module = this.parts.exchanges[exchangeId];
    if (module === undefined) throw invalid([...tenantFault, noAdapter(exchangeId)]);
    const given = givenEndpoints(read.value);
    const endpoints = isEmpty(given) ? (module.defaultEndpoints[mode] ?? {}) : given;
    refuse([...tenantFault, ...this.ruleFaults(read.value, module, endpoints)]);
    const config = await this.newConfig(tenantId, read.value, module, endpoints as ExchangeEndpoints);
    if (await this.parts.configs.put(config, undefined)) return this.audited('REGISTERED', config);
    throw invalid([{ field: 'exchangeId', message: `${exchangeId} is registered already: update it instead` }]);
  }

  /** Strongly consistent. @throws ServiceError EXCHANGE_NOT_REGISTERED */
  async getExchange(tenantId: string, exchangeId: ExchangeId): Promise<ExchangeConfig> {
    const key = `${tenantId}/${exchangeId}`;
    const config = await this.reads.read(key, () => this.parts.configs.get(tenantId, exchangeId));
    if (config !== undefined) return this.keep(config);
    throw new ServiceError('EXCHANGE_NOT_REGISTERED', `Tenant ${tenantId} has not registered ${exchangeId}.`);
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
    return await this.change(tenantId, exchangeId, (config) => this.updated(config, read));
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
    await this.change(tenantId, exchangeId, (config) => Promise.resolve(withStatus(config, status, reason)));
  }

  /**
   * The tenant's adapter, one for each registration in this process; a change of addresses or credentials is seen
   * within CONFIG_KEPT_MS and gives a new one.
   * @throws ServiceError EXCHANGE_NOT_REGISTERED, CONFIGURATION
   */
  async getAdapter(tenantId: string, exchangeId: ExchangeId): Promise<ExchangeAdapter> {
    const kept = this.kept.get(`${tenantId}/${exchangeId}`);
    const isFresh = kept !== undefined && this.parts.clock.now() - kept.readAtMs < CONFIG_KEPT_MS;
    return await this.adapters.get(isFresh ? kept.config : await this.getExchange(tenantId, exchangeId));
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

  private async newConfig(
    tenantId: string,
    input: ExchangeConfigInput,
    { authMethods, capabilities, rateLimits }: ExchangeModule,
    endpoints: ExchangeEndpoints,
  ): Promise<ExchangeConfig> {
    const { exchangeId, mode } = input;
    const at = isoTime(this.parts.clock.now());
    const [authMethod = 'API_KEY'] = authMethods;
    return {
      exchangeId,
      tenantId,
      name: input.name ?? exchangeId,
      mode,
      ...endpoints,
      authMethod: input.authMethod ?? authMethod,
      credentials: await encryptCredentials(this.parts.cipher, { tenantId, exchangeId }, defined(input.credentials)),
      supportedFeatures: { ...featuresOf(capabilities), ...defined(input.supportedFeatures ?? {}) },
      rateLimits: { ...rateLimits.documented, ...defined(input.rateLimits ?? {}) },
      status: input.status ?? 'ACTIVE',
      priority: input.priority ?? 1,
      emulationAllowed: input.emulationAllowed ?? false,
      stuckAfterMs: input.stuckAfterMs ?? STUCK_AFTER_MS,
      createdAt: at,
      updatedAt: at,
    };
  }

  private async updated(
    config: ExchangeConfig,
    { value }: Extract<Read<ExchangeConfigUpdate>, { ok: true }>,
  ): Promise<ExchangeConfig> {
    const { tenantId, exchangeId } = config;
    const module = this.parts.exchanges[exchangeId];
    if (module === undefined) throw invalid([noAdapter(exchangeId)]);
    const { credentials, supportedFeatures, rateLimits, ...plain } = value;
    const mode = plain.mode ?? config.mode;
    const modeChanges = mode !== config.mode;
    const given = givenEndpoints(plain);
    const byDefault = modeChanges ? (module.defaultEndpoints[mode] ?? {}) : givenEndpoints(config);
    const endpoints = modeChanges && !isEmpty(given) ? given : { ...byDefault, ...given };
    refuse([
      ...this.ruleFaults({ ...plain, exchangeId, mode }, module, endpoints),
      ...(modeChanges && credentials === undefined
        ? [
            {
              field: 'credentials',
              message: `are required with mode ${mode}: those of ${config.mode} are not valid there`,
            },
          ]
        : []),
    ]);
    const known = plain.status === undefined ? config : withStatus(config, plain.status);
    const { restEndpoint: _1, wsEndpoint: _2, wsPublicEndpoint: _3, fixEndpoint: _4, ...rest } = known;
    return {
      ...rest,
      ...defined(plain),
      ...(endpoints as ExchangeEndpoints),
      ...(credentials && {
        credentials: await encryptCredentials(this.parts.cipher, { tenantId, exchangeId }, defined(credentials)),
      }),
      supportedFeatures: { ...config.supportedFeatures, ...defined(supportedFeatures ?? {}) },
      rateLimits: { ...config.rateLimits, ...defined(rateLimits ?? {}) },
    };
  }

  private ruleFaults(
    { exchangeId, mode, authMethod }: Pick<ExchangeConfigInput, 'exchangeId' | 'mode' | 'authMethod'>,
    module: ExchangeModule,
    endpoints: Partial<ExchangeEndpoints>,
  ): Fault[] {
    const methods = module.authMethods.join(', ');
    return [
      ...modeFaults({ exchangeId, mode }, module, endpoints, this.parts.allowSimulated),
      ...(authMethod !== undefined && !module.authMethods.includes(authMethod)
        ? [{ field: 'authMethod', message: `must be one that ${exchangeId} has (${methods}), got "${authMethod}"` }]
        : []),
    ];
  }

  /**
   * Takes an exchange that refuses us for good out of trading (specification: FATAL). A registration that was changed
   * since, or whose status a person has set, is left as it is: the refusal says nothing of it.
   */
  private async disable(used: ExchangeConfig, { code, message }: ExchangeError): Promise<void> {
    const { tenantId, exchangeId } = used;
    try {
      await this.change(tenantId, exchangeId, (config) => {
        const isMeant = config.status === 'ACTIVE' && fingerprintOf(config) === fingerprintOf(used);
        return Promise.resolve(isMeant ? withStatus(config, 'ERROR', `${code}: ${message}`) : config);
      });
    } catch (error) {
      const fields = { tenantId, exchangeId, err: error };
      this.parts.logger.error(fields, 'An exchange could not be set to ERROR; the next refusal tries again.');
    }
  }

  /** Reads, changes and writes; again when another change came between. updatedAt grows with every change. */
  private async change(
    tenantId: string,
    exchangeId: ExchangeId,
    changed: (config: ExchangeConfig) => Promise<ExchangeConfig>,
  ): Promise<ExchangeConfig> {
    for (let attempt = 1; attempt <= WRITE_ATTEMPTS_MAX; attempt++) {
      const before = await this.getExchange(tenantId, exchangeId);
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

  private async buildAdapter(config: ExchangeConfig): Promise<ExchangeAdapter> {
    const { configs: _1, cipher, errors, exchanges, audit, ...options } = this.parts;
    const { tenantId, exchangeId } = config;
    const module = exchanges[exchangeId];
    if (module === undefined) throw new ServiceError('CONFIGURATION', describeFaults([noAdapter(exchangeId)]));
    const credentials = await decryptCredentials(cipher, { tenantId, exchangeId }, config.credentials);
    const { failureOf } = module;
    const secrets = secretsOf(credentials);
    const observer = audit.observe({ tenantId, exchangeId, secrets, failureOf });
    const adapter = module.createAdapter({ ...options, config, credentials, observer });
    const { text: redact } = redactors(secrets)();
    return watchAdapter(adapter, { errors, tenantId, redact, disable: (error) => this.disable(config, error) });
  }
}

/** A configuration for people: that there are credentials shows, not their ciphertext. */
export function displayConfig(config: ExchangeConfig): ExchangeConfig {
  const masked = Object.fromEntries(Object.keys(config.credentials).map((field) => [field, '••••••••']));
  return { ...config, credentials: masked as Partial<EncryptedCredentials> as EncryptedCredentials };
}

/** All of them: a CompID is no secret, and redacting it would make FIX messages unreadable. */
function secretsOf({ apiKey, apiSecret, passphrase }: Credentials): string[] {
  return [apiKey, apiSecret, passphrase].filter((secret) => secret !== undefined);
}

function withStatus(
  { statusReason: _, ...config }: ExchangeConfig,
  status: ExchangeStatus,
  reason?: string,
): ExchangeConfig {
  return { ...config, status, ...(reason !== undefined && { statusReason: reason }) };
}

function refuse(faults: Fault[]): void {
  if (faults.length > 0) throw invalid(faults);
}

function invalid(faults: Fault[]): ServiceError {
  return new ServiceError('INVALID_INPUT', `The registration can't be accepted: ${describeFaults(faults)}`, faults);
}

function tenantIdFaults(tenantId: string): Fault[] {
  const { success, error } = tenantIdSchema().safeParse(tenantId);
  return success ? [] : [{ field: 'tenantId', message: error.issues[0]?.message ?? 'is not valid' }];
}

function noAdapter(exchangeId: ExchangeId): Fault {
  return { field: 'exchangeId', message: `${exchangeId} can't be used: there is no adapter for it yet` };
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

/** Without the fields that are undefined. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const present = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(present) as { [K in keyof T]: Exclude<T[K], undefined> };
}
