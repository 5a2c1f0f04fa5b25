import type { DecimalString } from '../domain/decimal';
import type { ExchangeId } from '../domain/exchange';
import type { BookedExecution } from '../domain/order';
import type { FillSource, Page } from './orders';

/** A booked execution, or an entry that reverses or corrects one, as the ledger keeps it. */
export interface BookedEntry {
  execution: BookedExecution;
  source: FillSource;
  bookedAt: string;
  strategyId: string;
  /** What it realized in its position, in quote; absent on entries of earlier versions. */
  realizedPnL?: DecimalString;
}

export interface ExecutionFilters {
  strategyId?: string;
  exchangeId?: ExchangeId;
  assetId?: string;
  /** ISO instants of execution, both inclusive. EXECUTION_MONTHS_MAX months at most. */
  startTime: string;
  endTime: string;
  /** Page size; EXECUTIONS_PAGE_MAX at most, which is also the default. */
  limit?: number;
}

export const EXECUTIONS_PAGE_MAX = 100;
export const EXECUTION_MONTHS_MAX = 120;

/** The booked fills of the Orders table. */
export interface ExecutionStore {
  /**
   * In the order of their execution, oldest first, from an index that follows by moments. A page may be short while
   * there is a cursor. @throws ServiceError INVALID_INPUT
   */
  list(tenantId: string, filters: ExecutionFilters, cursor?: string): Promise<Page<BookedEntry>>;
  /** All of them, read as they are taken. @throws ServiceError INVALID_INPUT */
  all(tenantId: string, filters: Omit<ExecutionFilters, 'limit'>): AsyncIterable<BookedEntry>;
  /** Strongly consistent; in the order asked for, undefined for one that is not booked. */
  readEntries(tenantId: string, fillIds: readonly string[]): Promise<(BookedEntry | undefined)[]>;
}
