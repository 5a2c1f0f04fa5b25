import type { ExchangeError } from '../domain/errors';
import type { ExchangeId } from '../domain/exchange';
import type { RetryConfig } from '../domain/retry';

/** What was asked of the exchange when it went wrong, without secrets. */
export interface RequestContext {
  tenantId: string;
  /** The adapter's method. */
  call: string;
  orderId?: string;
  /** What the call was given, as far as it may be shown. */
  request: object;
}

/** An error with what was being done when it was met. */
export type MetError = ExchangeError & { context?: RequestContext };

/** How errors of exchanges are classed, tried again and told (specification: ErrorHandler). */
export interface ErrorHandler {
  /** Total: anything at all has exactly one category, and the same always the same. */
  categorizeError(error: unknown, exchangeId: ExchangeId, context?: RequestContext): MetError;
  /** Whether there may be another attempt after failed attempt `attemptNumber`, counted from 0. */
  shouldRetry(error: ExchangeError, attemptNumber: number): boolean;
  /** Ms; see getRetryDelay of src/domain/retry.ts. */
  getRetryDelay(attemptNumber: number, config?: RetryConfig): number;
  /** Ms until the next attempt: the delay, or what the exchange asked for where that is longer. */
  getPause(error: ExchangeError, attemptNumber: number): number;
  logError(error: MetError): Promise<void>;
  /** EXCHANGE_ERROR and FATAL raise an alert; the others are everyday. */
  alertOnError(error: MetError): Promise<void>;
}
