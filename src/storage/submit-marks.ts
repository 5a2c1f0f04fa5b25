import type { DecimalString } from '../domain/decimal';

/** What was true when an order was sent. */
export interface SubmitMark {
  /** Ms since the epoch. */
  sentAtMs: number;
  /** Of the market then, in quote. */
  mid?: DecimalString;
}

/**
 * Marks of orders under way, for whichever process sees their end. Losing one loses a measure, nothing else.
 * All calls reject when Redis does not answer.
 */
export interface SubmitMarks {
  /** Sets the mark of an order that is sent, or sent again. */
  set(tenantId: string, orderId: string, mark: SubmitMark): Promise<void>;
  /** Replaces a mark that is still there. */
  improve(tenantId: string, orderId: string, mark: SubmitMark): Promise<void>;
  /** Gives the mark to the first who asks, and to nobody after. */
  take(tenantId: string, orderId: string): Promise<SubmitMark | undefined>;
}
