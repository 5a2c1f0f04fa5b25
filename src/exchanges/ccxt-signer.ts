import type * as Ccxt from 'ccxt';
import type { HttpRequest, RequestSigner } from '../transport/rest/rest-client';

/** The exchanges whose requests ccxt builds and signs for us, by ccxt's own names. */
export type CcxtId = 'binance' | 'coinbase' | 'kraken' | 'okx' | 'bybit';

export interface CcxtSignerOptions {
  exchange: CcxtId;
  /** Without a trailing slash. */
  baseUrl: string;
  /** Path of each of ccxt's API sections below the base, like `{ private: '/api/v3' }`. */
  sections: Record<string, string>;
  /** The exchange's time as we reckon it, ms. */
  now: () => number;
}

/**
 * ccxt as a builder and signer of raw requests, and nothing more: its unified calls, its throttle, its retries and its
 * HTTP are not used, since they drop or repeat orders. Loaded with the first exchange that needs it (see README.md).
 * Values of `params` go out exactly as given; ccxt adds the timestamp.
 */
export function createCcxtSigner({ exchange, baseUrl, sections, now }: CcxtSignerOptions): RequestSigner {
  const client = clientOf(exchange);
  const api = Object.fromEntries(Object.entries(sections).map(([name, path]) => [name, baseUrl + path]));
  return ({ method, endpoint, params }, { apiKey, apiSecret: secret, passphrase: password = '' }) => {
    const [section, root] = Object.entries(sections).find(([, path]) => endpoint.startsWith(`${path}/`)) ?? [];
    if (section === undefined || root === undefined)
      throw new TypeError(`${endpoint} is in no section that is signed.`);
    const path = endpoint.slice(root.length + 1);
    // Signing is synchronous, so nobody else can come between this and NOBODY below.
    Object.assign(client, { apiKey, secret, password, milliseconds: now });
    client.urls['api'] = api;
    try {
      const { url, headers = {}, body } = client.sign(path, section, method, { ...params }) as Partial<HttpRequest>;
      if (url === undefined) throw new Error(`ccxt built no address for ${method} ${path}.`);
      return { method, url, headers, ...(body !== undefined && { body }) };
    } finally {
      Object.assign(client, NOBODY);
    }
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
