import { redactors } from '../audit/redaction';
import { describeFaults, type ExchangeError, ServiceError } from '../domain/errors';
import type { Credentials, ExchangeConfig } from '../domain/exchange';
import { watchAdapter } from '../error-handling/watched-adapter';
import type { ExchangeAdapter } from '../exchanges/adapter';
import { together } from '../metrics/connection-tally';
import { decryptCredentials } from '../storage/credentials/cipher';
import type { ExchangeServiceParts } from './exchange-service-parts';
import { noAdapter } from './registration-faults';

/**
 * The adapter of a registration, with its credentials in clear, watched: each call is audited and judged.
 * `disable` takes the exchange out of trading. @throws ServiceError CONFIGURATION
 */
export async function buildAdapter(
  parts: ExchangeServiceParts,
  config: ExchangeConfig,
  disable: (error: ExchangeError) => Promise<void>,
): Promise<ExchangeAdapter> {
  const { configs: _1, cipher, errors, exchanges, audit, connections, ...options } = parts;
  const { tenantId, exchangeId } = config;
  const module = exchanges[exchangeId];
  if (module === undefined) throw new ServiceError('CONFIGURATION', describeFaults([noAdapter(exchangeId)]));
  const credentials = await decryptCredentials(cipher, { tenantId, exchangeId }, config.credentials);
  const { failureOf } = module;
  const secrets = secretsOf(credentials);
  const audited = audit.observe({ tenantId, exchangeId, secrets, failureOf });
  const adapter = connections.keep(config, (measured) =>
    module.createAdapter({ ...options, config, credentials, observer: together([audited, measured]) }),
  );
  const { text: redact } = redactors(secrets)();
  return watchAdapter(adapter, { errors, tenantId, redact, disable });
}

/** All of them: a CompID is no secret, and redacting it would make FIX messages unreadable. */
function secretsOf({ apiKey, apiSecret, passphrase }: Credentials): string[] {
  return [apiKey, apiSecret, passphrase].filter((secret) => secret !== undefined);
}
