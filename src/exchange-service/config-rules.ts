import type { Fault } from '../domain/errors';
import type { ExchangeConfig, ExchangeFeatures, ExchangeMode } from '../domain/exchange';
import type { TimeInForce } from '../domain/order-request';
import type { Capabilities } from '../exchanges/adapter';
import type { ExchangeEndpoints, ExchangeModule } from '../exchanges/exchange-module';
import { hostFault } from '../transport/host-guard';

const ENDPOINT_FIELDS = ['restEndpoint', 'wsEndpoint', 'wsPublicEndpoint', 'fixEndpoint'] as const;

type PartialEndpoints = { [K in (typeof ENDPOINT_FIELDS)[number]]?: string | undefined };

/** The addresses that are given, and nothing else. */
export function givenEndpoints(source: PartialEndpoints): Partial<ExchangeEndpoints> {
  return Object.fromEntries(
    ENDPOINT_FIELDS.flatMap((field) => (source[field] === undefined ? [] : [[field, source[field]]])),
  );
}

/** What keeps an exchange from being registered in this mode under these addresses (decision 16). */
export function modeFaults(
  { exchangeId, mode }: Pick<ExchangeConfig, 'exchangeId' | 'mode'>,
  module: ExchangeModule,
  endpoints: Partial<ExchangeEndpoints>,
  allowSimulated: boolean,
): Fault[] {
  if (Object.keys(endpoints).length === 0) return [{ field: 'mode', message: absentEnvironment(exchangeId, mode) }];
  const { productionHosts, sandboxHosts, capabilities } = module;
  const rules = { mode, productionHosts, sandboxHosts, allowSimulated };
  const faults = ENDPOINT_FIELDS.flatMap((field) => {
    const address = endpoints[field];
    const message = address === undefined ? undefined : hostFault(address, rules);
    return message === undefined ? [] : [{ field, message: `is refused: ${message}` }];
  });
  const required = capabilities.webSocket ? (['restEndpoint', 'wsEndpoint'] as const) : (['restEndpoint'] as const);
  const missing = required.filter((field) => endpoints[field] === undefined);
  return [
    ...faults,
    ...missing.map((field) => ({
      field,
      message: 'is required beside the other addresses (give all of them, or none)',
    })),
    ...(endpoints.fixEndpoint !== undefined && !capabilities.fix
      ? [{ field: 'fixEndpoint', message: `is no address of ${exchangeId}: it offers no FIX` }]
      : []),
  ];
}

/** The features of a registration that says nothing of its own; "0" leaves a size to the rules of each instrument. */
export function featuresOf(capabilities: Capabilities): ExchangeFeatures {
  const times = Object.values(capabilities.orders).flat();
  return {
    supportedOrderTypes: Object.keys(capabilities.orders) as ExchangeFeatures['supportedOrderTypes'],
    supportedAssets: [],
    supportedTimeInForce: [...new Set<TimeInForce>(times)],
    supportsOrderModification: capabilities.amendment !== 'NONE',
    supportsWebSocket: capabilities.webSocket,
    supportsFIX: capabilities.fix,
    maxOrderSize: '0',
    minOrderSize: '0',
    tickSize: '0',
    lotSize: '0',
  };
}

function absentEnvironment(exchangeId: string, mode: ExchangeMode): string {
  return mode === 'SANDBOX'
    ? `can't be SANDBOX: ${exchangeId} has no sandbox`
    : `can't be PRODUCTION: ${exchangeId} has no addresses of its own; give them`;
}
