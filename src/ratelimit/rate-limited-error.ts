import { ServiceError } from '../domain/errors';

/** Thrown by a query that the exchange's limits don't allow now. */
export class RateLimitedError extends ServiceError {
  constructor(
    what: string,
    /** Ms since the epoch. */
    readonly retryAt: number,
    options?: ErrorOptions,
  ) {
    super('RATE_LIMITED', what, [], options);
  }
}
