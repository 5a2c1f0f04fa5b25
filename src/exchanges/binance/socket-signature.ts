import { createHmac, createPrivateKey, sign } from 'node:crypto';
import type { Credentials } from '../../domain/exchange';
import { RECV_WINDOW_MS } from './capabilities';

/**
 * The signed parameters of a WebSocket API request. Unlike REST it signs the parameters in alphabetical order, joined
 * by & (web-socket-api.md, SIGNED request security), which ccxt's signer does not do; so this is our own.
 */
export function signedSocketParams(
  { apiKey, apiSecret }: Credentials,
  timestampMs: number,
): Record<string, string | number> {
  const params = { apiKey, recvWindow: RECV_WINDOW_MS, timestamp: timestampMs };
  const payload = Object.entries(params)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return { ...params, signature: signatureOf(payload, apiSecret) };
}

/** HMAC for a plain secret, the key's own scheme for a PEM private key (Ed25519 or RSA). */
function signatureOf(payload: string, secret: string): string {
  if (!secret.includes('PRIVATE KEY')) return createHmac('sha256', secret).update(payload).digest('hex');
  const key = createPrivateKey(secret);
  const digest = key.asymmetricKeyType === 'rsa' ? 'RSA-SHA256' : null;
  return sign(digest, Buffer.from(payload), key).toString('base64');
}
