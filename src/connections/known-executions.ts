import type { ExecutionUpdate } from '../domain/order';

export const KNOWN_MAX = 20_000;

/**
 * Executions that this process has booked and told of, as many as fit. A reconnection reads the last minute again; what
 * is known of it need not be booked again only to be found a duplicate.
 */
export class KnownExecutions {
  private readonly keys = new Set<string>();

  constructor(private readonly limit = KNOWN_MAX) {}

  has(execution: ExecutionUpdate): boolean {
    return this.keys.has(keyOf(execution));
  }

  add(execution: ExecutionUpdate): void {
    this.keys.add(keyOf(execution));
    const [oldest] = this.keys.size > this.limit ? this.keys : [];
    if (oldest !== undefined) this.keys.delete(oldest);
  }
}

/** By the exchange's own order id: it is what a stream and a query both say, and a self-trade has two. */
function keyOf({ assetId, exchangeOrderId, executionId }: ExecutionUpdate): string {
  return `${assetId}#${exchangeOrderId}#${executionId}`;
}
