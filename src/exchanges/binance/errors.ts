import type { ErrorCode, OrderError } from '../../domain/errors';
import { ERROR_CATALOGUE, orderError, ServiceError } from '../../domain/errors';
import type { Denied, Rejected, Unknown } from '../../domain/outcome';
import { denied, rejected, unknown } from '../../domain/outcome';
import type { TransportError } from '../../transport/transport-error';
import type { ObservedReply } from '../../transport/call-observer';
import type { ReplyFailure } from '../exchange-module';
import { type ErrorReply, errorReply, socketReply } from './wire';
import type { ExchangeErrorTable } from '../error-codes';
import { errorCodeOfReply, errorCodeOfTransport } from '../error-codes';

/**
 * What Binance's errors mean (errors.md, a5e0bc3; read 2026-07). On an order call the codes below prove that nothing
 * happened; every other code, every 5xx and everything unreadable leaves the outcome unknown and leads to a lookup.
 */
const PROOF_OF_REJECTION: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [-1002, 'AUTHENTICATION_FAILED'],
  [-1022, 'AUTHENTICATION_FAILED'],
  [-2014, 'AUTHENTICATION_FAILED'],
  [-2015, 'AUTHENTICATION_FAILED'],
  [-1013, 'INSTRUMENT_RULES'], // "the request didn't reach the Matching Engine"
  [-1111, 'INSTRUMENT_RULES'],
  [-1121, 'INSTRUMENT_UNKNOWN'],
  [-1014, 'EXCHANGE_REJECTED'],
  [-1020, 'EXCHANGE_REJECTED'],
  ...[-1100, -1101, -1102, -1103, -1104, -1105, -1106, -1108, -1112, -1114, -1115, -1116, -1117, -1118, -1119].map(
    (code) => [code, 'EXCHANGE_REJECTED'] as const,
  ),
  ...[-1128, -1130, -1145].map((code) => [code, 'EXCHANGE_REJECTED'] as const),
  [-2010, 'EXCHANGE_REJECTED'],
  [-2011, 'EXCHANGE_REJECTED'],
  [-2026, 'EXCHANGE_FAULT'], // an order that the exchange has archived: it existed
  [-2038, 'EXCHANGE_REJECTED'],
  [-2039, 'EXCHANGE_REJECTED'],
]);

/** Codes that prove nothing on an order call. */
const NO_PROOF: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [-1000, 'EXCHANGE_FAULT'],
  [-1001, 'EXCHANGE_TEMPORARY'],
  [-1003, 'RATE_LIMITED'],
  [-1006, 'EXCHANGE_FAULT'],
  [-1007, 'EXCHANGE_TEMPORARY'],
  [-1008, 'EXCHANGE_TEMPORARY'],
  [-1015, 'RATE_LIMITED'],
  [-1016, 'EXCHANGE_TEMPORARY'],
  [-1021, 'CLOCK_SKEW'],
  [-1034, 'RATE_LIMITED'],
  [-2013, 'ORDER_NOT_FOUND'],
]);

/** All that Binance's codes and statuses mean. */
export const ERROR_TABLE: ExchangeErrorTable = {
  codes: new Map([...PROOF_OF_REJECTION, ...NO_PROOF].map(([code, meaning]) => [String(code), meaning])),
  statuses: new Map([
    [403, 'RATE_LIMITED'], // the firewall's limit
    [418, 'RATE_LIMITED'],
  ]),
};

/** Messages of the matching engine (-2010) that mean more than "rejected". */
const DUPLICATE_ORDER = 'Duplicate order sent.';
const UNKNOWN_ORDER = 'Unknown order sent.';
const INSUFFICIENT_BALANCE = 'Account has insufficient balance for requested action.';

const TIMESTAMP_OUTSIDE_WINDOW = -1021;
const NO_SUCH_ORDER = -2013;
const CANCEL_REJECTED = -2011;
/** The limiter's own codes: the request, or the order, was counted and refused. */
const LIMITER_CODES: ReadonlySet<number> = new Set([-1003, -1015]);
const TOO_MANY_ORDERS = -1015;

/** A refusal in Binance's words with the status it came under. */
export interface Refusal {
  status: number;
  error: ErrorReply | undefined;
}

export function isClockRefusal({ error }: Refusal): boolean {
  return error?.code === TIMESTAMP_OUTSIDE_WINDOW;
}

/** Binance says that there is no such order. It may say so shortly after the order was accepted (readDelayMs). */
export function isNoSuchOrder({ error }: Refusal): boolean {
  return error?.code === NO_SUCH_ORDER;
}

/** A cancel that met no open order: "Unknown order sent." */
export function isNothingToCancel({ error }: Refusal): boolean {
  return error?.code === CANCEL_REJECTED && error.msg.startsWith(UNKNOWN_ORDER);
}

/** 429 and 418 ask to be left alone, whoever wrote the body; 403 does in the firewall's words, which have no code. */
export function isRateLimit({ status, error }: Refusal): boolean {
  return status === 429 || status === 418 || (status === 403 && error === undefined);
}

/** Only new orders of this account are refused; cancels and queries go on. */
export function isOrderLimit({ error }: Refusal): boolean {
  return error?.code === TOO_MANY_ORDERS;
}

/** What a refused order call amounts to. `retryAt` is when the block that came with it ends. */
export function outcomeOfRefusal(what: string, refusal: Refusal, retryAt?: number): Denied | Rejected | Unknown {
  const { status, error } = refusal;
  if (status >= 500 || error === undefined) return unknownOutcome(what, refusal);
  if (isRateLimit(refusal)) {
    return LIMITER_CODES.has(error.code)
      ? denied(errorOf('RATE_LIMITED', what, refusal), retryAt)
      : unknownOutcome(what, refusal);
  }
  if (isClockRefusal(refusal)) return denied(errorOf('CLOCK_SKEW', what, refusal), retryAt);
  if (error.code === -2010 && error.msg.startsWith(DUPLICATE_ORDER)) return unknownOutcome(what, refusal);
  const code = PROOF_OF_REJECTION.get(error.code);
  if (code === undefined) return unknownOutcome(what, refusal);
  const named = error.msg.startsWith(INSUFFICIENT_BALANCE) ? 'INSUFFICIENT_FUNDS' : code;
  return rejected(errorOf(named, what, refusal));
}

/** What a call without a readable reply amounts to. One that was not sent may be made again: a new attempt gets a new sendBy. */
export function outcomeOfTransport(what: string, error: TransportError, nowMs: number): Denied | Unknown {
  if (error.sent === 'maybe') {
    const isFault = errorCodeOfTransport(ERROR_TABLE, error) === 'EXCHANGE_FAULT';
    return unknown(orderError(isFault ? 'EXCHANGE_FAULT' : 'OUTCOME_UNKNOWN', `${what}: ${error.message}`));
  }
  const message = `${what} was not sent: ${error.message}`;
  switch (error.fault) {
    case 'HOST_REFUSED':
      return denied(orderError('PRODUCTION_HOST_IN_SANDBOX', message));
    case 'SEND_BY_PASSED':
    case 'BUSY':
    case 'NOT_CONNECTED':
    case 'TIMEOUT':
    case 'CONNECTION_LOST':
    case 'TOO_LARGE':
    case 'UNREADABLE':
      return denied(orderError('EXCHANGE_TEMPORARY', message), nowMs);
  }
}

/** What a refused query is thrown as. */
export function serviceErrorOf(what: string, refusal: Refusal): ServiceError {
  const exchangeCode = exchangeCodeOf(refusal);
  return new ServiceError(codeOf(refusal), sentenceOf(what, refusal), [], { exchangeCode });
}

/** What a reply, over REST or the WebSocket API, says went wrong; undefined for a yes. */
export function failureOf({ status, body }: ObservedReply): ReplyFailure | undefined {
  const refusal = status === undefined ? socketRefusal(body) : { status, error: errorReply.safeParse(body).data };
  if (refusal.status >= 200 && refusal.status < 300) return undefined;
  return { category: ERROR_CATALOGUE[codeOf(refusal)].category, message: sentenceOf('The call', refusal) };
}

function socketRefusal(body: unknown): Refusal {
  const { status = 0, error } = socketReply.safeParse(body).data ?? {};
  return { status, error };
}

/** What a query without a readable reply is thrown as. */
export function serviceErrorOfTransport(what: string, error: TransportError): ServiceError {
  const code = errorCodeOfTransport(ERROR_TABLE, error);
  return new ServiceError(code, `${what} failed: ${error.message}`, [], { cause: error });
}

/** An order call whose reply we can't read: it was sent. */
export function unreadableOutcome(what: string, problem: string): Unknown {
  return unknown(
    orderError('EXCHANGE_FAULT', `${what}: BINANCE's reply is not what its documentation says: ${problem}.`),
  );
}

/** What calls for a look at the exchange is told as such; the rest is everyday, and the lookup settles it. */
function unknownOutcome(what: string, refusal: Refusal): Unknown {
  const code = codeOf(refusal);
  const isFault = ERROR_CATALOGUE[code].category === 'EXCHANGE_ERROR';
  return unknown(errorOf(isFault ? code : 'OUTCOME_UNKNOWN', what, refusal));
}

function errorOf(code: ErrorCode, what: string, refusal: Refusal): OrderError {
  return orderError(code, sentenceOf(what, refusal), { exchangeCode: exchangeCodeOf(refusal) });
}

function codeOf({ status, error }: Refusal): ErrorCode {
  return errorCodeOfReply(ERROR_TABLE, { status, code: error?.code.toString() });
}

function exchangeCodeOf({ status, error }: Refusal): string {
  return error?.code.toString() ?? String(status);
}

function sentenceOf(what: string, { status, error }: Refusal): string {
  return error === undefined
    ? `${what}: BINANCE answered with status ${status} and no error that we can read.`
    : `${what}: BINANCE answered ${error.code} ${JSON.stringify(error.msg)} (status ${status}).`;
}
