import type { ExchangeId } from './exchange';

/** The specification's five classes of error. What happens next is decided by the outcome, not by the class. */
export const ERROR_CATEGORIES = ['RETRYABLE', 'RATE_LIMITED', 'INVALID_REQUEST', 'EXCHANGE_ERROR', 'FATAL'] as const;
export type ErrorCategory = (typeof ERROR_CATEGORIES)[number];

/** One thing that is wrong with an input. `field` is the path of the offending field, "" the input as a whole. */
export interface Fault {
  field: string;
  message: string;
}

interface CatalogueEntry {
  category: ErrorCategory;
  /** What the one who meets it can do. */
  advice: string;
}

/** Every error code that leaves the service. Codes are stable: programs may branch on them. */
export const ERROR_CATALOGUE = {
  INVALID_ORDER: {
    category: 'INVALID_REQUEST',
    advice: 'Correct the named fields and submit again under a new idempotencyKey.',
  },
  INVALID_INPUT: { category: 'INVALID_REQUEST', advice: 'Correct the named fields and call again.' },
  WORKFLOW_ID_MISMATCH: {
    category: 'INVALID_REQUEST',
    advice:
      'Start the workflow under order/<tenantId>/<orderId> with the orderId derived from tenantId and idempotencyKey.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    category: 'INVALID_REQUEST',
    advice: 'One key is one order for ever: submit a different order under a new idempotencyKey.',
  },
  EXCHANGE_REQUIRED: {
    category: 'INVALID_REQUEST',
    advice: 'Name an exchangeId: orders are not routed automatically yet.',
  },
  EXCHANGE_NOT_REGISTERED: {
    category: 'INVALID_REQUEST',
    advice: 'Register the exchange for this tenant first (exchanges register).',
  },
  EXCHANGE_UNAVAILABLE: {
    category: 'EXCHANGE_ERROR',
    advice:
      'Choose another exchange, or set its status to ACTIVE (exchanges set-status) and submit under a new idempotencyKey.',
  },
  INSTRUMENT_UNKNOWN: {
    category: 'INVALID_REQUEST',
    advice: 'Use an instrument that the exchange lists, as BASE/QUOTE.',
  },
  INSTRUMENT_RULES: {
    category: 'INVALID_REQUEST',
    advice: "Adjust the named fields to the instrument's rules; values are never rounded.",
  },
  UNSUPPORTED: { category: 'INVALID_REQUEST', advice: 'Use an order type and time in force that the exchange offers.' },
  ORDER_STALE: {
    category: 'INVALID_REQUEST',
    advice: 'submitBefore passed before the order could be sent; nothing was sent. Decide anew.',
  },
  TRADING_HALTED: {
    category: 'INVALID_REQUEST',
    advice: 'Nothing was sent. When the halt is released (kill release), submit again under a new idempotencyKey.',
  },
  SAFEGUARD_REFUSED: {
    category: 'INVALID_REQUEST',
    advice:
      "Nothing was sent. Change the order, or the tenant's limits (safeguards set), and submit under a new idempotencyKey.",
  },
  EXCHANGE_REJECTED: { category: 'INVALID_REQUEST', advice: 'The exchange refused the order; see its message.' },
  INSUFFICIENT_FUNDS: { category: 'INVALID_REQUEST', advice: 'Fund the account at the exchange or reduce the order.' },
  RATE_LIMITED: {
    category: 'RATE_LIMITED',
    advice: 'Nothing to do: the call waits until the exchange accepts calls again.',
  },
  EXCHANGE_TEMPORARY: { category: 'RETRYABLE', advice: 'Nothing to do: the call is repeated.' },
  EXCHANGE_FAULT: {
    category: 'EXCHANGE_ERROR',
    advice: "Look into the exchange's message; the order's true state is looked up.",
  },
  OUTCOME_UNKNOWN: {
    category: 'RETRYABLE',
    advice: 'The call may have taken effect; the order is looked up before anything else happens.',
  },
  AUTHENTICATION_FAILED: {
    category: 'FATAL',
    advice: "Check the exchange's API key, its permissions and IP list, then update the registration.",
  },
  CLOCK_SKEW: { category: 'RETRYABLE', advice: "Synchronize this machine's clock (NTP)." },
  PRODUCTION_HOST_IN_SANDBOX: {
    category: 'FATAL',
    advice: "Use one of the exchange's sandbox hosts, or register it in PRODUCTION mode.",
  },
  ORDER_NOT_FOUND: { category: 'INVALID_REQUEST', advice: 'Check tenant and orderId.' },
  HALT_NOT_FOUND: { category: 'INVALID_REQUEST', advice: 'Check tenant and haltId (kill list).' },
  ANSWER_PENDING: {
    category: 'RETRYABLE',
    advice: 'This is no failure: ask again with the same ids; the same order is never placed twice.',
  },
  ORDER_CLOSED: { category: 'INVALID_REQUEST', advice: 'The order has ended; nothing is left to change.' },
  RESOLUTION_REFUSED: {
    category: 'INVALID_REQUEST',
    advice: 'Nothing was changed; choose what the message says, or look at the order at the exchange first.',
  },
  CANCEL_FAILED: {
    category: 'EXCHANGE_ERROR',
    advice: 'The order may still be live at the exchange: it is cancelled again once that answers.',
  },
  PRICE_UNAVAILABLE: {
    category: 'RETRYABLE',
    advice: 'No market price within the age limit; check the market data connection.',
  },
  DEPENDENCY_UNAVAILABLE: {
    category: 'RETRYABLE',
    advice: 'Check that the named part of the stack is running and reachable.',
  },
  CONNECTIONS_EXHAUSTED: {
    category: 'RETRYABLE',
    advice: 'Close a connection first; what is wanted again and again should be reused (getConnection).',
  },
  SHUTTING_DOWN: { category: 'RETRYABLE', advice: 'Nothing to do: another process takes it over.' },
  CONFIGURATION: { category: 'FATAL', advice: 'Correct the named setting.' },
} as const satisfies Record<string, CatalogueEntry>;
export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** An error as responses, records and queries carry it. */
export interface OrderError {
  category: ErrorCategory;
  code: ErrorCode;
  /** What was wrong, with which value, and what to do. */
  message: string;
  /** All faults of the input; empty where the input is not at fault. */
  faults: Fault[];
  /** The exchange's own code and words, where it spoke. */
  exchangeCode?: string;
}

/** Builds an error from the catalogue: the sentence of what happened, followed by what to do about it. */
export function orderError(
  code: ErrorCode,
  what: string,
  extra: { faults?: Fault[]; exchangeCode?: string } = {},
): OrderError {
  const { category, advice } = ERROR_CATALOGUE[code];
  const { faults = [], exchangeCode } = extra;
  return { category, code, message: `${what} ${advice}`, faults, ...(exchangeCode !== undefined && { exchangeCode }) };
}

/** Thrown by the client, the CLI and the services for anything that is not an order's own outcome. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  /** The exchange's own code, where it spoke. */
  readonly exchangeCode?: string;

  constructor(
    readonly code: ErrorCode,
    what: string,
    readonly faults: Fault[] = [],
    options: ErrorOptions & { exchangeCode?: string } = {},
  ) {
    super(orderError(code, what).message, options);
    if (options.exchangeCode !== undefined) this.exchangeCode = options.exchangeCode;
  }

  get category(): ErrorCategory {
    return ERROR_CATALOGUE[this.code].category;
  }

  /** The same error, met as a value: what an order's workflow refused, say. */
  static of({ code, message, faults }: OrderError, options?: ErrorOptions): ServiceError {
    const advice = ` ${ERROR_CATALOGUE[code].advice}`;
    const what = message.endsWith(advice) ? message.slice(0, -advice.length) : message;
    return new ServiceError(code, what, faults, options);
  }

  /** The same as a value, for responses and records. */
  toOrderError(): OrderError {
    const { category, code, message, faults, exchangeCode } = this;
    return { category, code, message, faults, ...(exchangeCode !== undefined && { exchangeCode }) };
  }
}

/** An order refused for what is wrong with it. */
export function invalidOrder(faults: Fault[]): OrderError {
  return orderError('INVALID_ORDER', `The order can't be accepted: ${describeFaults(faults)}`, { faults });
}

/** An order refused because its key names another one; `faults` are the fields that differ. */
export function keyReused(idempotencyKey: string, faults: Fault[]): OrderError {
  const what = `The key ${idempotencyKey} already names another order: ${describeFaults(faults)}`;
  return orderError('IDEMPOTENCY_KEY_REUSED', what, { faults });
}

/** All faults in one sentence: `quantity must be greater than 0, got -1; price is required for LIMIT orders.` */
export function describeFaults(faults: readonly Fault[]): string {
  return `${faults.map(({ field, message }) => (field === '' ? message : `${field} ${message}`)).join('; ')}.`;
}

/** An error that an exchange call met (specification: ExchangeError). */
export interface ExchangeError {
  errorId: string;
  exchangeId: ExchangeId;
  category: ErrorCategory;
  /** The exchange's own code, or ours where the transport failed. */
  code: string;
  message: string;
  originalError?: unknown;
  retryable: boolean;
  /** How long the exchange asked to be left alone. */
  retryAfterMs?: number;
  timestamp: string;
}
