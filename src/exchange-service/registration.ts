import type { Fault } from '../domain/errors';
import type { ExchangeConfig, ExchangeStatus } from '../domain/exchange';
import type { ExchangeEndpoints, ExchangeModule } from '../exchanges/exchange-module';
import { isoTime } from '../platform/clock';
import { encryptCredentials } from '../storage/credentials/cipher';
import type { ExchangeConfigInput, ExchangeConfigUpdate } from './config-input';
import { featuresOf, givenEndpoints, modeFaults } from './config-rules';
import type { ExchangeServiceParts } from './exchange-service-parts';
import { invalid, noAdapter, refuse, tenantIdFaults } from './registration-faults';

/** What a registration says of stuckAfterMs when it says nothing. */
const STUCK_AFTER_MS = 60_000;

type Parts = Pick<ExchangeServiceParts, 'exchanges' | 'cipher' | 'clock' | 'allowSimulated'>;

/** A first configuration from what was given. @throws ServiceError INVALID_INPUT with all faults */
export async function newRegistration(
  parts: Parts,
  tenantId: string,
  input: ExchangeConfigInput,
): Promise<ExchangeConfig> {
  const { exchangeId, mode } = input;
  const tenantFault = tenantIdFaults(tenantId);
  const module = parts.exchanges[exchangeId];
  if (module === undefined) throw invalid([...tenantFault, noAdapter(exchangeId)]);
  const given = givenEndpoints(input);
  const endpoints = isEmpty(given) ? (module.defaultEndpoints[mode] ?? {}) : given;
  refuse([...tenantFault, ...ruleFaults(parts, input, module, endpoints)]);
  return await newConfig(parts, tenantId, input, module, endpoints as ExchangeEndpoints);
}

async function newConfig(
  { cipher, clock }: Parts,
  tenantId: string,
  input: ExchangeConfigInput,
  { authMethods, capabilities, rateLimits }: ExchangeModule,
  endpoints: ExchangeEndpoints,
): Promise<ExchangeConfig> {
  const { exchangeId, mode } = input;
  const at = isoTime(clock.now());
  const [authMethod = 'API_KEY'] = authMethods;
  return {
    exchangeId,
    tenantId,
    name: input.name ?? exchangeId,
    mode,
    ...endpoints,
    authMethod: input.authMethod ?? authMethod,
    credentials: await encryptCredentials(cipher, { tenantId, exchangeId }, defined(input.credentials)),
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

/** The configuration with what was given changed. @throws ServiceError INVALID_INPUT with all faults */
export async function changedRegistration(
  parts: Parts,
  config: ExchangeConfig,
  update: ExchangeConfigUpdate,
): Promise<ExchangeConfig> {
  const { tenantId, exchangeId } = config;
  const module = parts.exchanges[exchangeId];
  if (module === undefined) throw invalid([noAdapter(exchangeId)]);
  const { credentials, supportedFeatures, rateLimits, ...plain } = update;
  const mode = plain.mode ?? config.mode;
  const modeChanges = mode !== config.mode;
  const given = givenEndpoints(plain);
  const byDefault = modeChanges ? (module.defaultEndpoints[mode] ?? {}) : givenEndpoints(config);
  const endpoints = modeChanges && !isEmpty(given) ? given : { ...byDefault, ...given };
  refuse([
    ...ruleFaults(parts, { ...plain, exchangeId, mode }, module, endpoints),
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
      credentials: await encryptCredentials(parts.cipher, { tenantId, exchangeId }, defined(credentials)),
    }),
    supportedFeatures: { ...config.supportedFeatures, ...defined(supportedFeatures ?? {}) },
    rateLimits: { ...config.rateLimits, ...defined(rateLimits ?? {}) },
  };
}

function ruleFaults(
  { allowSimulated }: Parts,
  { exchangeId, mode, authMethod }: Pick<ExchangeConfigInput, 'exchangeId' | 'mode' | 'authMethod'>,
  module: ExchangeModule,
  endpoints: Partial<ExchangeEndpoints>,
): Fault[] {
  const methods = module.authMethods.join(', ');
  return [
    ...modeFaults({ exchangeId, mode }, module, endpoints, allowSimulated),
    ...(authMethod !== undefined && !module.authMethods.includes(authMethod)
      ? [{ field: 'authMethod', message: `must be one that ${exchangeId} has (${methods}), got "${authMethod}"` }]
      : []),
  ];
}

export function withStatus(
  { statusReason: _, ...config }: ExchangeConfig,
  status: ExchangeStatus,
  reason?: string,
): ExchangeConfig {
  return { ...config, status, ...(reason !== undefined && { statusReason: reason }) };
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

/** Without the fields that are undefined. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const present = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(present) as { [K in keyof T]: Exclude<T[K], undefined> };
}
