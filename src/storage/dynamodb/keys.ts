import type { ExchangeId } from '../../domain/exchange';
import type { ExecutionUpdate, OrderStatus } from '../../domain/order';
import type { Adjustment, PositionHistory, PositionState } from '../../domain/position';
import type { AccountName } from '../../domain/reconciliation';
import { isoTime } from '../../platform/clock';
import {
  AUDIT_SORT_KEY,
  EXECUTION_SORT_KEY,
  HISTORY_PARTITION_KEY,
  HISTORY_SORT_KEY,
  POSITION_SORT_KEY,
} from './tables';

/** Every key of every item is made here. Each starts with the tenant, which can't contain '#': tenants are walls. */

const VERSION_DIGITS = 12;

export interface OrderKey {
  tenantId: string;
  orderId: string;
}

/** The item that says that a fill is booked. Of the order and the trade: a self-trade gives two orders the same trade id. */
export function fillKey({ tenantId, orderId }: OrderKey, executionId: string): OrderKey {
  return { tenantId, orderId: `${fillPrefix(orderId)}${executionId}` };
}

export function fillPrefix(orderId: string): string {
  return `${orderId}#fill#`;
}

/** The fills of a tenant's month are spread over so many partitions of the index, of 1,000 writes a second each. */
const EXECUTION_SHARDS = 4;

/** Where a fill stands among its tenant's executions by time. */
export function executionKeys({
  tenantId,
  orderId,
  executionId,
  timestamp,
}: ExecutionUpdate): Record<'executionKey' | typeof EXECUTION_SORT_KEY, string> {
  const executedAt = isoTime(Date.parse(timestamp));
  const shard = [...executionId].reduce((sum, character) => sum + character.charCodeAt(0), 0) % EXECUTION_SHARDS;
  return {
    executionKey: executionPartition(tenantId, executedAt, shard),
    [EXECUTION_SORT_KEY]: `${executedAt}#${orderId}#${executionId}`,
  };
}

/** The partitions with all executions of the UTC month that an instant lies in. */
export function executionPartitions(tenantId: string, instant: string): string[] {
  return Array.from({ length: EXECUTION_SHARDS }, (_, shard) => executionPartition(tenantId, instant, shard));
}

function executionPartition(tenantId: string, instant: string, shard: number): string {
  return `${tenantId}#${instant.slice(0, 'yyyy-mm'.length)}#${shard}`;
}

export function statusKey(tenantId: string, status: OrderStatus): string {
  return `${tenantId}#${status}`;
}

export function strategyKey(tenantId: string, strategyId: string): string {
  return `${tenantId}#${strategyId}`;
}

/** Orders by time of creation, each at a place of its own: pages continue exactly where the last one ended. */
export function createdSortKey(createdAt: string, orderId: string): string {
  return `${createdAt}#${orderId}`;
}

/** The instrument is part of it, since exchanges number the orders of each instrument apart. */
export function exchangeOrderKey(
  tenantId: string,
  exchangeId: ExchangeId,
  assetId: string,
  exchangeOrderId: string,
): string {
  return `${tenantId}#${exchangeId}#${assetId}#${exchangeOrderId}`;
}

/**
 * The ExchangeConfigs table has one item for each registration, under the exchange's id in capitals; what else belongs
 * to the tenant has a key in small letters, which sorts behind them.
 */
export const OTHER_CONFIGS_FROM = 'a';
export const SAFEGUARDS_SORT_KEY = 'safeguards';
export const HALT_PREFIX = 'halt#';

export function safeguardsKey(tenantId: string): Record<string, string> {
  return { tenantId, exchangeId: SAFEGUARDS_SORT_KEY };
}

export function haltKey({ tenantId, haltId }: { tenantId: string; haltId: string }): Record<string, string> {
  return { tenantId, exchangeId: `${HALT_PREFIX}${haltId}` };
}

export type PositionRef = Pick<PositionState, 'tenantId' | 'assetId' | 'exchangeId'>;

export function positionKey({ tenantId, assetId, exchangeId }: PositionRef): Record<string, string> {
  return { tenantId, [POSITION_SORT_KEY]: `${assetId}#${exchangeId}` };
}

export function positionExchangeKey(tenantId: string, exchangeId: ExchangeId): string {
  return `${tenantId}#${exchangeId}`;
}

export function historyPartition(tenantId: string, assetId: string): string {
  return `${tenantId}#${assetId}`;
}

/** Ascends with booking time, then with the position's version: read in order, each record continues the one before. */
export function historyKey({
  tenantId,
  assetId,
  exchangeId,
  timestamp,
  version,
}: PositionHistory): Record<string, string> {
  return {
    [HISTORY_PARTITION_KEY]: historyPartition(tenantId, assetId),
    [HISTORY_SORT_KEY]: `${timestamp}#${String(version).padStart(VERSION_DIGITS, '0')}#${exchangeId}`,
  };
}

/** What says that an adjustment is booked. Its sort key is no instant, so that no history shows it. */
export function adjustmentKey({
  tenantId,
  assetId,
  exchangeId,
  adjustmentId,
}: Pick<Adjustment, 'tenantId' | 'assetId' | 'exchangeId' | 'adjustmentId'>): Record<string, string> {
  return {
    [HISTORY_PARTITION_KEY]: historyPartition(tenantId, assetId),
    [HISTORY_SORT_KEY]: `adjustment#${exchangeId}#${adjustmentId}`,
  };
}

/** A record of the audit trail; of one tenant, by time. */
export function auditKey(tenantId: string, timestamp: string, logId: string): Record<string, string> {
  return { tenantId, [AUDIT_SORT_KEY]: `${timestamp}#${logId}` };
}

export function auditExchangeKey(tenantId: string, exchangeId: ExchangeId): string {
  return `${tenantId}#${exchangeId}`;
}

/** What says which chains a day has. Its sort key is no instant, so that no list of records shows it. */
export function auditDayKey(tenantId: string, day: string): Record<string, string> {
  return { tenantId, [AUDIT_SORT_KEY]: `day#${day}` };
}

export function auditChainKey(tenantId: string, day: string, chainId: string): Record<string, string> {
  return { tenantId, [AUDIT_SORT_KEY]: `${auditChainPrefix(day)}${chainId}` };
}

export function auditChainPrefix(day: string): string {
  return `chain#${day}#`;
}

/** What reconciliation stands on, beside the registration of its account. */
export function reconciledAccountKey({ tenantId, exchangeId }: AccountName): Record<string, string> {
  return { tenantId, exchangeId: `reconciliation#${exchangeId}` };
}

/** A report of a reconciliation. Its sort key is no instant, so that no list of audit records shows it. */
export function reconciliationReportKey(
  report: AccountName & { startedAt: string; reportId: string },
): Record<string, string> {
  const { tenantId, startedAt, reportId } = report;
  return { tenantId, [AUDIT_SORT_KEY]: `${reconciliationReportPrefix(report)}${startedAt}#${reportId}` };
}

export function reconciliationReportPrefix({ exchangeId }: AccountName): string {
  return `reconciliation#${exchangeId}#`;
}
