import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ServiceError } from '../../domain/errors';
import { dayHashWith, dayOf, emptyDayHash, genesisHash } from '../audit-hash';
import type { AuditRecord, DayManifest } from '../audit-logs';
import { answered } from './answered';
import { expiryOf } from './audit-item';
import { auditChainKey, auditDayKey } from './keys';
import { AUDIT_KEPT_DAYS, type TableNames, TTL_ATTRIBUTE } from './tables';

/** Other processes that open a chain of the same tenant and day at the same moment. */
const OPEN_ATTEMPTS_MAX = 20;
const OPENED_KEPT_MAX = 20_000;
/** Heads and manifests outlive the records that they speak of. */
const HEADS_KEPT_DAYS = AUDIT_KEPT_DAYS + 7;

/** The chains' own items: one manifest for each tenant and day, one head for each of its chains. */
export class DynamoAuditChains {
  private readonly opened = new Set<string>();

  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tables: TableNames,
  ) {}

  /** Enters a chain in its day's manifest, before any of its records is stored. */
  async open({ tenantId, timestamp, chainId }: AuditRecord): Promise<void> {
    const day = dayOf(timestamp);
    if (this.opened.has(chainId)) return;
    for (let attempt = 1; attempt <= OPEN_ATTEMPTS_MAX; attempt++) {
      if (await this.tryOpen(tenantId, day, chainId)) {
        if (this.opened.size >= OPENED_KEPT_MAX) this.opened.clear();
        this.opened.add(chainId);
        return;
      }
    }
    const what = `Chain ${chainId} could not be entered for ${tenantId} and ${day} in ${OPEN_ATTEMPTS_MAX} attempts.`;
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', what);
  }

  /** Says that all records of the chain up to this one are stored. */
  async advance({ tenantId, timestamp, chainId, sequence, hash }: AuditRecord): Promise<void> {
    const command = new UpdateCommand({
      TableName: this.tables.auditLogs,
      Key: auditChainKey(tenantId, dayOf(timestamp), chainId),
      UpdateExpression: 'SET #sequence = :sequence, #hash = :hash',
      ConditionExpression: '#sequence < :sequence',
      ExpressionAttributeNames: { '#sequence': 'sequence', '#hash': 'hash' },
      ExpressionAttributeValues: { ':sequence': sequence, ':hash': hash },
    });
    try {
      await answered('moving the head of an audit chain', this.client.send(command));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error; // shipped before: the head is further
    }
  }

  async manifest(tenantId: string, day: string): Promise<DayManifest | undefined> {
    const Key = auditDayKey(tenantId, day);
    const command = new GetCommand({ TableName: this.tables.auditLogs, Key, ConsistentRead: true });
    const { Item } = await answered('reading the manifest of an audit day', this.client.send(command));
    return Item && { tenantId, day, chains: Number(Item['chains']), hash: String(Item['hash']) };
  }

  /** False when another process changed the manifest meanwhile. */
  private async tryOpen(tenantId: string, day: string, chainId: string): Promise<boolean> {
    const head = auditChainKey(tenantId, day, chainId);
    const TableName = this.tables.auditLogs;
    const known = await answered(
      'reading the head of an audit chain',
      this.client.send(new GetCommand({ TableName, Key: head, ConsistentRead: true })),
    );
    if (known.Item !== undefined) return true;
    const before = await this.manifest(tenantId, day);
    const number = (before?.chains ?? 0) + 1;
    const hash = dayHashWith(before?.hash ?? emptyDayHash(tenantId, day), chainId);
    const expiry = { [TTL_ATTRIBUTE]: expiryOf(day, HEADS_KEPT_DAYS) };
    const manifest = { ...auditDayKey(tenantId, day), chains: number, hash, ...expiry };
    const first = { ...head, chainId, number, sequence: 0, hash: genesisHash(tenantId, day, chainId), ...expiry };
    const unchanged =
      before === undefined
        ? { ConditionExpression: 'attribute_not_exists(tenantId)' }
        : {
            ConditionExpression: '#hash = :before',
            ExpressionAttributeNames: { '#hash': 'hash' },
            ExpressionAttributeValues: { ':before': before.hash },
          };
    const TransactItems = [
      { Put: { TableName, Item: manifest, ...unchanged } },
      { Put: { TableName, Item: first, ConditionExpression: 'attribute_not_exists(tenantId)' } },
    ];
    try {
      await answered('opening an audit chain', this.client.send(new TransactWriteCommand({ TransactItems })));
      return true;
    } catch (error) {
      if (error instanceof TransactionCanceledException) return false;
      throw error;
    }
  }
}
