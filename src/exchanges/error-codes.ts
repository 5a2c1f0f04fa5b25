import type { ErrorCode } from '../domain/errors';
import type { TransportError } from '../transport/transport-error';

/** What an exchange's own errors mean, in the codes of our catalogue, each of which has one category. */
export interface ExchangeErrorTable {
  /** By the exchange's code, as text. */
  codes: ReadonlyMap<string, ErrorCode>;
  /** Statuses that this exchange means otherwise than HTTP does. */
  statuses?: ReadonlyMap<number, ErrorCode>;
}

/** How an exchange refused a call: the status, and its own code if the body had one. */
export interface RefusedReply {
  status: number;
  code?: string | undefined;
}

const HTTP_STATUSES: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [401, 'AUTHENTICATION_FAILED'],
  [403, 'EXCHANGE_FAULT'], // proxies and firewalls say it too: no proof that the credentials are wrong
  [408, 'EXCHANGE_TEMPORARY'],
  [425, 'EXCHANGE_TEMPORARY'],
  [429, 'RATE_LIMITED'],
]);

/**
 * What a refusal is. From 500 on the exchange is in trouble, whatever it says; then its code counts, then the status.
 * A code that its table lacks is a fault to look into.
 */
export function errorCodeOfReply({ codes, statuses }: ExchangeErrorTable, { status, code }: RefusedReply): ErrorCode {
  if (status >= 500) return 'EXCHANGE_TEMPORARY';
  const known = (code === undefined ? undefined : codes.get(code)) ?? statuses?.get(status);
  if (known !== undefined) return known;
  const plain = HTTP_STATUSES.get(status);
  if (plain !== undefined) return plain;
  return code === undefined && status >= 400 ? 'EXCHANGE_REJECTED' : 'EXCHANGE_FAULT';
}

/** What a call without a readable reply met. */
export function errorCodeOfTransport(table: ExchangeErrorTable, { fault, reply }: TransportError): ErrorCode {
  if (reply !== undefined && reply.status >= 400) return errorCodeOfReply(table, reply);
  switch (fault) {
    case 'HOST_REFUSED':
      return 'PRODUCTION_HOST_IN_SANDBOX';
    case 'TOO_LARGE':
    case 'UNREADABLE':
      return 'EXCHANGE_FAULT';
    case 'SEND_BY_PASSED':
    case 'BUSY':
    case 'NOT_CONNECTED':
    case 'TIMEOUT':
    case 'CONNECTION_LOST':
      return 'EXCHANGE_TEMPORARY';
  }
}
