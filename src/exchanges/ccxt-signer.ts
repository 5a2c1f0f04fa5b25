import type * as Ccxt from 'ccxt';
import type { Credentials } from '../domain/exchange';
import type { HttpRequest } from '../transport/rest/rest-client';

/** The exchanges whose requests ccxt builds and signs for us, by ccxt's own names. */
export type CcxtId = 'binance' | 'coinbase' | 'kraken' | 'okx' | 'bybit';

export interface CcxtSignerOptions {
  exchange: CcxtId;
  credentials: Credentials;
  /** Address of each of ccxt's API sections, like `{ private: 'https://api.binance.com/api/v3' }`. */
  sections: Record<string, string>;
  /** The exchange's time as we reckon it, ms. */
  now: () => number;
}

export interface CcxtSigner {
  /**
   * The signed bytes of one raw call, unsent. Values of `params` go out exactly as given; ccxt adds the timestamp.
   * `path` is the endpoint below the section, as ccxt lists it.
   */
  sign(section: string, method: string, path: string, params: Record<string, string>): HttpRequest;
}

/**
 * ccxt as a builder and signer of raw requests, and nothing more: its unified calls, its throttle, its retries and its
 * HTTP are not used, since they drop or repeat orders. Loaded with the first exchange that needs it (see README.md).
 */
export function createCcxtSigner({ exchange, credentials, sections, now }: CcxtSignerOptions): CcxtSigner {
  const client = clientOf(exchange);
  const { apiKey, apiSecret: secret, passphrase: password = '' } = credentials;
  return {
    sign: (section, method, path, params) => {
      // Signing is synchronous, so nobody else can come between this and NOBODY below.
      Object.assign(client, { apiKey, secret, password, milliseconds: now });
      client.urls['api'] = sections;
      try {
        const { url, headers = {}, body } = client.sign(path, section, method, { ...params }) as Partial<HttpRequest>;
        if (url === undefined) throw new Error(`ccxt built no address for ${method} ${path}.`);
        return { method, url, headers, ...(body !== undefined && { body }) };
      } finally {
        Object.assign(client, NOBODY);
      }
    },
  };
}

const NOBODY = { apiKey: '', secret: '', password: '' };

/** One client of each exchange serves all accounts: making one takes ccxt about 50 ms. */
const clients = new Map<CcxtId, Ccxt.Exchange>();

function clientOf(exchange: CcxtId): Ccxt.Exchange {
  const known = clients.get(exchange);
  if (known !== undefined) return known;
  const { [exchange]: Client } = require('ccxt') as typeof Ccxt;
  const client = new Client({ enableRateLimit: false, maxRetriesOnFailure: 0, number: String }) as Ccxt.Exchange;
  clients.set(exchange, client);
  return client;
}
