import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';

/**
 * An order's identity is known before any call: everything here is a pure function of (tenantId, idempotencyKey).
 * See README.md, "Ids".
 */

const ID_BYTES = 16;
const GENERATION_BYTE = 15;
/** The generation has one byte of the client order id. */
export const GENERATION_MAX = 255;
const CLIENT_ORDER_ID = /^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/;
const ORDER_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{10}00$/;

/** The orderId (a version 4 UUID ending in 00) of the order that a tenant submits under an idempotency key. */
export function orderIdOf(tenantId: string, idempotencyKey: string): string {
  const bytes = sha256(utf8ToBytes(`${tenantId}/${idempotencyKey}`)).slice(0, ID_BYTES);
  const [versionByte = 0, variantByte = 0] = [bytes[6], bytes[8]];
  bytes[6] = (versionByte & 0x0f) | 0x40;
  bytes[8] = (variantByte & 0x3f) | 0x80;
  bytes[GENERATION_BYTE] = 0;
  return hyphenated(bytesToHex(bytes));
}

export function isOrderId(text: string): boolean {
  return ORDER_ID.test(text);
}

/**
 * The client order id that the exchange sees: 32 hex characters, the last byte the generation
 * (0 the order itself, n its n-th replacement).
 * @throws RangeError when the generation does not fit a byte
 */
export function clientOrderIdOf(orderId: string, generation: number): string {
  if (!Number.isInteger(generation) || generation < 0 || generation > GENERATION_MAX) {
    throw new RangeError(`Generation ${generation} of order ${orderId} is not within 0 to ${GENERATION_MAX}.`);
  }
  return orderId.replaceAll('-', '').slice(0, 30) + generation.toString(16).padStart(2, '0');
}

/** The same 128 bits for exchanges that want a hyphenated UUID. */
export function hyphenatedClientOrderId(clientOrderId: string): string {
  return hyphenated(clientOrderId);
}

/** The order and generation that a client order id on a message names, or undefined when the id can't be ours. */
export function orderOfClientOrderId(clientOrderId: string): { orderId: string; generation: number } | undefined {
  const hex = clientOrderId.includes('-') ? clientOrderId.replaceAll('-', '') : clientOrderId;
  if (!CLIENT_ORDER_ID.test(hex)) return undefined;
  return { orderId: hyphenated(`${hex.slice(0, 30)}00`), generation: Number.parseInt(hex.slice(30), 16) };
}

/** SHA-256 of the UTF-8 bytes, as hex. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

function hyphenated(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
