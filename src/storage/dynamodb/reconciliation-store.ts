import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { AccountName, ReconciledAccount, ReconciliationReport } from '../../domain/reconciliation';
import type { Page } from '../orders';
import type { ReconciliationStore } from '../reconciliation';
import { answered } from './answered';
import { expiryOf } from './audit-item';
import { type Attributes, ItemForm } from './item-form';
import { reconciledAccountKey, reconciliationReportKey, reconciliationReportPrefix } from './keys';
import { decodeCursor, encodeCursor } from './page-cursor';
import { AUDIT_KEPT_DAYS, AUDIT_SORT_KEY, type TableNames, TTL_ATTRIBUTE } from './tables';

export const RECONCILED_ACCOUNT_FORM = new ItemForm();
export const RECONCILIATION_REPORT_FORM = new ItemForm();

const REPORTS_PAGE = 20;

/** The account beside its registration in ExchangeConfigs, reports beside the audit records, with which they expire. */
export class DynamoReconciliationStore implements ReconciliationStore {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tables: TableNames,
  ) {}

  async getAccount(name: AccountName): Promise<ReconciledAccount | undefined> {
    const Key = reconciledAccountKey(name);
    const command = new GetCommand({ TableName: this.tables.exchangeConfigs, Key, ConsistentRead: true });
    const { Item } = await answered(`reading the reconciled account ${describe(name)}`, this.client.send(command));
    if (Item === undefined) return undefined;
    const { itemVersion: _, ...account } = RECONCILED_ACCOUNT_FORM.upgraded(Item);
    return { ...(account as unknown as ReconciledAccount), exchangeId: name.exchangeId };
  }

  async putAccount(next: ReconciledAccount): Promise<boolean> {
    const { version } = next;
    const command = new PutCommand({
      TableName: this.tables.exchangeConfigs,
      Item: { itemVersion: RECONCILED_ACCOUNT_FORM.version, ...next, ...reconciledAccountKey(next) },
      ...(version === 1
        ? { ConditionExpression: 'attribute_not_exists(tenantId)' }
        : {
            ConditionExpression: '#version = :before',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':before': version - 1 },
          }),
    });
    try {
      await answered(`writing the reconciled account ${describe(next)}`, this.client.send(command));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async putReport(report: ReconciliationReport): Promise<void> {
    const command = new PutCommand({
      TableName: this.tables.auditLogs,
      Item: {
        itemVersion: RECONCILIATION_REPORT_FORM.version,
        ...reconciliationReportKey(report),
        ...report,
        [TTL_ATTRIBUTE]: expiryOf(report.startedAt, AUDIT_KEPT_DAYS),
      },
    });
    await answered(`writing the reconciliation ${describe(report)}`, this.client.send(command));
  }

  async listReports(name: AccountName, cursor?: string): Promise<Page<ReconciliationReport>> {
    const { tenantId } = name;
    const prefix = reconciliationReportPrefix(name);
    const place = cursor === undefined ? undefined : { tenantId, [AUDIT_SORT_KEY]: prefix + decodeCursor(cursor) };
    const command = new QueryCommand({
      TableName: this.tables.auditLogs,
      KeyConditionExpression: 'tenantId = :tenantId AND begins_with(#sort, :prefix)',
      ExpressionAttributeNames: { '#sort': AUDIT_SORT_KEY },
      ExpressionAttributeValues: { ':tenantId': tenantId, ':prefix': prefix },
      ConsistentRead: true,
      ScanIndexForward: false,
      Limit: REPORTS_PAGE,
      ...(place !== undefined && { ExclusiveStartKey: place }),
    });
    const reply = await answered(`listing the reconciliations ${describe(name)}`, this.client.send(command));
    const last = reply.LastEvaluatedKey?.[AUDIT_SORT_KEY] as string | undefined;
    const items = (reply.Items ?? []).map(reportOf);
    return { items, ...(last !== undefined && { cursor: encodeCursor(last.slice(prefix.length)) }) };
  }
}

function reportOf(item: Attributes): ReconciliationReport {
  const current = RECONCILIATION_REPORT_FORM.upgraded(item);
  const { itemVersion: _1, [AUDIT_SORT_KEY]: _2, [TTL_ATTRIBUTE]: _3, ...report } = current;
  return report as unknown as ReconciliationReport;
}

function describe({ tenantId, exchangeId }: AccountName): string {
  return `of ${tenantId} at ${exchangeId}`;
}
