import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Accounts } from '../exchange/accounts';
import { errors } from './binance-error';
import type { Params } from './params';

const RECV_WINDOW_DEFAULT_MS = 5000;
const RECV_WINDOW_MAX_MS = 60_000;
const AHEAD_MAX_MS = 1000;
const API_KEY_FORMAT = /^[A-Za-z0-9_-]{8,128}$/;

/** HMAC-SHA256 in lower-case hex, as Binance's documentation signs. */
export function signHmac(apiSecret: string, payload: string): string {
  return createHmac('sha256', apiSecret).update(payload, 'utf8').digest('hex');
}

/** What a REST request signs: query string and body as they were sent, one after the other, without the signature. */
export function restPayload(query: string, body: string): string {
  return withoutSignature(query) + withoutSignature(body);
}

/** What a WebSocket API request signs: its parameters but the signature, sorted by name, as they are. */
export function webSocketPayload(params: Readonly<Record<string, unknown>>): string {
  return Object.entries(params)
    .filter(([name]) => name !== 'signature')
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${String(value)}`)
    .join('&');
}

/**
 * Checks key, signature and time of a SIGNED request.
 * @returns the account behind the key
 * @throws BinanceError -2014, -2015, -1102, -1022, -1021
 */
export function authorize(
  accounts: Accounts,
  request: {
    readonly apiKey: string | undefined;
    readonly payload: string;
    readonly params: Params;
    readonly nowMs: number;
  },
): string {
  const { apiKey, payload, params, nowMs } = request;
  if (apiKey === undefined || !API_KEY_FORMAT.test(apiKey)) throw errors.unauthorizedKeyFormat();
  const timestampMs = params.timestampMs('timestamp');
  if (timestampMs === undefined) throw errors.mandatory('timestamp');
  const signature = params.mandatory('signature');
  const key = accounts.findKey(apiKey);
  if (key === undefined) throw errors.rejectedKey();
  if (!sameSignature(signHmac(key.apiSecret, payload), signature)) throw errors.invalidSignature();
  checkTime(timestampMs, recvWindowMs(params), nowMs);
  return key.accountId;
}

function recvWindowMs(params: Params): number {
  const sent = params.decimal('recvWindow');
  if (sent === undefined) return RECV_WINDOW_DEFAULT_MS;
  const windowMs = Number(sent);
  if (windowMs > RECV_WINDOW_MAX_MS) throw errors.tooGreat('recvWindow', RECV_WINDOW_MAX_MS);
  return windowMs;
}

function checkTime(timestampMs: number, windowMs: number, nowMs: number): void {
  if (timestampMs >= nowMs + AHEAD_MAX_MS) throw errors.aheadOfServer();
  if (nowMs - timestampMs > windowMs) throw errors.outsideRecvWindow();
}

/** HMAC signatures may be in upper or lower case. */
function sameSignature(expected: string, sent: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(sent.toLowerCase())];
  return one.length === other.length && timingSafeEqual(one, other);
}

function withoutSignature(part: string): string {
  return part
    .split('&')
    .filter((pair) => !pair.startsWith('signature='))
    .join('&');
}
