import type { ExchangeId } from '../domain/exchange';

/**
 * What an exchange refuses us on: everything from this machine's address, or the orders of one account. Being refused
 * new orders must not keep cancels from going out.
 */
export type RateScope =
  { kind: 'IP'; exchangeId: ExchangeId } | { kind: 'ORDERS'; exchangeId: ExchangeId; tenantId: string };

/** Remembers for all workers until when an exchange has asked to be left alone. Times in ms since the epoch. */
export interface RateGate {
  /** Undefined when calls may be made. */
  blockedUntil(scope: RateScope): Promise<number | undefined>;
  /** A block is only ever extended. `reason` is for the log. */
  block(scope: RateScope, untilMs: number, reason: string): Promise<void>;
}

/** The exchange as hash tag keeps its keys on one node of a Redis Cluster. */
export function blockKeyOf(scope: RateScope): string {
  switch (scope.kind) {
    case 'IP':
      return `ratelimit:ip:{${scope.exchangeId}}:BAN`;
    case 'ORDERS':
      return `ratelimit:${scope.tenantId}:{${scope.exchangeId}}:ORDERS:BAN`;
  }
}
