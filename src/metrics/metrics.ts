import type { ConnectionType } from '../domain/connection';
import type { DecimalString } from '../domain/decimal';
import type { ExchangeId } from '../domain/exchange';
import type { OrderRequest, OrderType } from '../domain/order-request';

/** How an order that reached its exchange was executed (specification: ExecutionMetrics). One for each order, at its end. */
export interface ExecutionMetrics {
  tenantId: string;
  exchangeId: ExchangeId;
  assetId: string;
  orderType: OrderType;
  /** From the moment of sending to the exchange's acknowledgement. */
  latencyMs?: number;
  /**
   * (average filled price − mid at submit) ÷ mid for a BUY, the negative for a SELL: 0.001 is 10 basis points worse than
   * the mid. Absent without fills, and where no mid was known within a second of submitting.
   */
  slippage?: DecimalString;
  /** In quote; fees in base at the average filled price. Absent where a fee was taken in a third currency. */
  commission?: DecimalString;
  /** Filled quantity ÷ ordered quantity, 0 to 1. */
  fillRate: DecimalString;
  timestamp: string;
}

/** How a process's transports of one account and type did over an interval (specification: ConnectionMetrics). */
export interface ConnectionMetrics {
  tenantId: string;
  exchangeId: ExchangeId;
  connectionType: ConnectionType;
  /** Mean of what was answered: REST calls, or a socket's pings. Absent where nothing was. */
  latencyMs?: number;
  /**
   * Failures ÷ (answers + failures), 0 to 1: no reply or a 5xx; a socket that broke or a message that is unreadable. Of an
   * interval that saw neither, that of the connections' last minute.
   */
  errorRate: number;
  /** REST calls, or messages received. */
  messagesPerSecond: number;
  timestamp: string;
}

/** Where measures go. Neither call waits or throws; a sink that can't keep up drops and counts. */
export interface MetricsSink {
  execution(metrics: ExecutionMetrics): void;
  /** All that there is to tell of one interval: what was told before and is not among them is no more. */
  connections(metrics: readonly ConnectionMetrics[]): void;
  /** Gives what it has within a few seconds. */
  close(): Promise<void>;
}

/** Is told of each order right before it is sent. Never waits, never throws. */
export interface SubmitMeasures {
  sending(request: OrderRequest): void;
}
