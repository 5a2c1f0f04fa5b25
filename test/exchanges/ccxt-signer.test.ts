import './real-ccxt';
import { createHmac, generateKeyPairSync, verify } from 'node:crypto';
import { signedSocketParams } from '../../src/exchanges/binance/socket-signature';
import { createCcxtSigner } from '../../src/exchanges/ccxt-signer';
import type { HttpRequest } from '../../src/transport/rest/rest-client';

/** The published example keys of rest-api.md, "SIGNED Endpoint Examples". */
const DOCUMENTED = {
  apiKey: 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A',
  apiSecret: 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j',
};
const NOW_MS = 1499827319559;

const BASE = 'https://testnet.binance.vision';
const SECTIONS = { private: '/api/v3' };

/** Signs a call at a moment of the exchange's time. */
function signed(method: 'GET' | 'POST', path: string, params: Record<string, string>, nowMs = NOW_MS): HttpRequest {
  const sign = createCcxtSigner({ exchange: 'binance', baseUrl: BASE, sections: SECTIONS, now: () => nowMs });
  return sign({ method, endpoint: `/api/v3/${path}`, params }, DOCUMENTED);
}

it('signs by the documented scheme, which gives the documented signature', () => {
  const { url, headers, body } = signed('POST', 'order', {
    symbol: 'LTCBTC',
    side: 'BUY',
    type: 'LIMIT',
    timeInForce: 'GTC',
    quantity: '1',
    price: '0.1',
    recvWindow: '5000',
    timestamp: String(NOW_MS),
    newClientOrderId: 'x',
  });
  expect(url).toBe('https://testnet.binance.vision/api/v3/order');
  expect(headers).toMatchObject({ 'X-MBX-APIKEY': DOCUMENTED.apiKey });
  const [payload = '', signature] = (body ?? '').split('&signature=');
  expect(createHmac('sha256', DOCUMENTED.apiSecret).update(payload).digest('hex')).toBe(signature);
  const documented =
    'symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559';
  expect(createHmac('sha256', DOCUMENTED.apiSecret).update(documented).digest('hex')).toBe(
    'c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71',
  );
});

it('sends every value as it was given, and the time of our clock', () => {
  const quantity = '12345678901234567890.123456789012345678';
  const { body = '' } = signed('POST', 'order', { quantity, newClientOrderId: 'ours' }, 1234567890123);
  const sent = new URLSearchParams(body);
  expect(sent.get('quantity')).toBe(quantity);
  expect(sent.get('newClientOrderId')).toBe('ours');
  expect(sent.get('timestamp')).toBe('1234567890123');
});

it('puts the parameters of a query into the address', () => {
  const { url, body } = signed('GET', 'order', { symbol: 'BTCUSDT' });
  expect(body).toBeUndefined();
  expect(url).toMatch(/^https:\/\/testnet\.binance\.vision\/api\/v3\/order\?timestamp=\d+&symbol=BTCUSDT/);
});

it('keeps accounts apart that sign by turns', () => {
  const sign = createCcxtSigner({ exchange: 'binance', baseUrl: BASE, sections: SECTIONS, now: () => NOW_MS });
  const call = { method: 'GET', endpoint: '/api/v3/account' } as const;
  const signedBy = ['one', 'two', 'one'].map((name) => sign(call, { apiKey: `key-${name}`, apiSecret: name }));
  expect(signedBy.map(({ headers }) => headers['X-MBX-APIKEY'])).toEqual(['key-one', 'key-two', 'key-one']);
  expect(signedBy[0]?.url).toBe(signedBy[2]?.url);
  expect(signedBy[0]?.url).not.toBe(signedBy[1]?.url);
});

it('signs nothing that is outside of its sections', () => {
  const sign = createCcxtSigner({ exchange: 'binance', baseUrl: BASE, sections: SECTIONS, now: () => NOW_MS });
  expect(() => sign({ method: 'GET', endpoint: '/sapi/v1/account' }, DOCUMENTED)).toThrow('in no section');
});

it('signs a stream subscription by its sorted parameters', () => {
  const { signature, ...params } = signedSocketParams(DOCUMENTED, NOW_MS);
  const payload = `apiKey=${DOCUMENTED.apiKey}&recvWindow=5000&timestamp=${NOW_MS}`;
  expect(params).toEqual({ apiKey: DOCUMENTED.apiKey, recvWindow: 5000, timestamp: NOW_MS });
  expect(signature).toBe(createHmac('sha256', DOCUMENTED.apiSecret).update(payload).digest('hex'));
});

it.each(['ed25519', 'rsa'] as const)('signs a stream subscription with a key pair of type %s', (type) => {
  const { privateKey, publicKey } =
    type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519');
  const apiSecret = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { signature } = signedSocketParams({ apiKey: 'key', apiSecret }, NOW_MS);
  const payload = Buffer.from(`apiKey=key&recvWindow=5000&timestamp=${NOW_MS}`);
  const digest = type === 'rsa' ? 'RSA-SHA256' : null;
  expect(verify(digest, payload, publicKey, Buffer.from(String(signature), 'base64'))).toBe(true);
});
