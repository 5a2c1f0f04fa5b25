import type { Alerts } from '../alerts/alerts';
import type { ErrorCode, ExchangeError } from '../domain/errors';
import { ERROR_CATALOGUE } from '../domain/errors';
import type { ExchangeId } from '../domain/exchange';
import type { RetryConfig } from '../domain/retry';
import { getRetryDelay, RETRY } from '../domain/retry';
import type { ExchangeErrorTable } from '../exchanges/error-codes';
import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { Random } from '../platform/random';
import type { ErrorHandler, MetError, RequestContext } from './error-handler';
import { readError } from './read-error';

export interface ErrorHandlerParts {
  /** Each exchange's table; undefined for one that there is no adapter for. */
  tableOf(exchangeId: ExchangeId): ExchangeErrorTable | undefined;
  alerts: Alerts;
  clock: Clock;
  random: Random;
  logger: Logger;
  retry?: RetryConfig;
}

const NO_TABLE: ExchangeErrorTable = { codes: new Map() };

/** The one ErrorHandler: the exchanges' tables, HTTP and the transports lead to a code, the catalogue to its category. */
export class ExchangeErrorHandler implements ErrorHandler {
  private readonly retry: RetryConfig;

  constructor(private readonly parts: ErrorHandlerParts) {
    this.retry = parts.retry ?? RETRY;
  }

  categorizeError(error: unknown, exchangeId: ExchangeId, context?: RequestContext): MetError {
    const nowMs = this.parts.clock.now();
    const { code, exchangeCode, message, retryAt } = readError(error, this.parts.tableOf(exchangeId) ?? NO_TABLE);
    const category = categoryOf(code);
    return {
      errorId: this.parts.random.uuid(),
      exchangeId,
      category,
      code: exchangeCode ?? code,
      message,
      originalError: error,
      retryable: this.retry.retryableCategories.includes(category),
      ...(retryAt !== undefined && { retryAfterMs: Math.max(retryAt - nowMs, 0) }),
      timestamp: isoTime(nowMs),
      ...(context !== undefined && { context }),
    };
  }

  shouldRetry({ category }: ExchangeError, attemptNumber: number): boolean {
    return this.retry.retryableCategories.includes(category) && attemptNumber < this.retry.maxRetries;
  }

  getRetryDelay(attemptNumber: number, config: RetryConfig = this.retry): number {
    return getRetryDelay(attemptNumber, config);
  }

  getPause({ retryAfterMs = 0 }: ExchangeError, attemptNumber: number): number {
    return Math.max(retryAfterMs, this.getRetryDelay(attemptNumber));
  }

  logError({ originalError: _, ...error }: MetError): Promise<void> {
    const { logger } = this.parts;
    const write = {
      FATAL: logger.error,
      EXCHANGE_ERROR: logger.error,
      RETRYABLE: logger.warn,
      RATE_LIMITED: logger.warn,
    };
    const chosen = error.category === 'INVALID_REQUEST' ? logger.info : write[error.category];
    chosen.call(logger, { error }, `${error.exchangeId}: ${error.category} ${error.code}`);
    return Promise.resolve();
  }

  alertOnError({ originalError: _, exchangeId, category, context, ...details }: MetError): Promise<void> {
    if (context === undefined) return Promise.resolve();
    const { tenantId, orderId } = context;
    const names = { tenantId, exchangeId, ...(orderId !== undefined && { orderId }), aspect: details.code };
    const { alerts } = this.parts;
    const known = { ...details, category, request: context };
    if (category === 'EXCHANGE_ERROR') alerts.raise({ code: 'EXCHANGE_ERROR', ...names, details: known });
    if (category === 'FATAL') alerts.raise({ code: 'EXCHANGE_DISABLED', ...names, details: known });
    return Promise.resolve();
  }
}

function categoryOf(code: ErrorCode): ExchangeError['category'] {
  return ERROR_CATALOGUE[code].category;
}
