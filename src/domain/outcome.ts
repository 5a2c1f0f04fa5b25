import type { OrderError } from './errors';

/** By us, nothing was sent. With `retryAt` (ms since the epoch) the same call may be made then. */
export interface Denied {
  outcome: 'denied';
  error: OrderError;
  retryAt?: number;
}

/** The exchange's clear yes. */
export interface Accepted<T> {
  outcome: 'accepted';
  value: T;
}

/** The exchange's clear no: a reply on the list of those that prove that nothing happened. */
export interface Rejected {
  outcome: 'rejected';
  error: OrderError;
}

/** It may have happened: a timeout, a reset, a 5xx, an unreadable or ambiguous reply. Look it up, never repeat it blindly. */
export interface Unknown {
  outcome: 'unknown';
  error: OrderError;
}

/** The four ends of an order call, as values. */
export type Outcome<T> = Denied | Accepted<T> | Rejected | Unknown;

export function accepted<T>(value: T): Accepted<T> {
  return { outcome: 'accepted', value };
}

export function denied(error: OrderError, retryAt?: number): Denied {
  return { outcome: 'denied', error, ...(retryAt !== undefined && { retryAt }) };
}

export function rejected(error: OrderError): Rejected {
  return { outcome: 'rejected', error };
}

export function unknown(error: OrderError): Unknown {
  return { outcome: 'unknown', error };
}
