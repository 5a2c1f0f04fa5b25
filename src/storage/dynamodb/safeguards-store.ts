import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { GetCommand, QueryCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { HaltRecord } from '../../domain/halt';
import type { TenantSafeguards } from '../../domain/safeguards';
import type { Page } from '../orders';
import type { SafeguardsStore } from '../safeguards';
import { answered } from './answered';
import { HALT_PREFIX, haltKey, safeguardsKey } from './keys';
import { type Attributes, ItemForm } from './item-form';
import { decodeCursor, encodeCursor } from './page-cursor';
import type { TableNames } from './tables';

export const SAFEGUARDS_FORM = new ItemForm();

const HALTS_PAGE = 100;
/** Why a transaction is cancelled when somebody else writes, or has written, the same items. */
const RACES: ReadonlySet<string | undefined> = new Set(['ConditionalCheckFailed', 'TransactionConflict']);

/** Beside the registrations, in the same partition. */
export class DynamoSafeguardsStore implements SafeguardsStore {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tables: TableNames,
  ) {}

  async get(tenantId: string): Promise<TenantSafeguards> {
    const item = await this.read(safeguardsKey(tenantId), `${tenantId}'s safeguards`);
    return item === undefined ? { tenantId, version: 0, halts: [], settings: {} } : valueOf<TenantSafeguards>(item);
  }

  async replace(next: TenantSafeguards, halt?: HaltRecord): Promise<boolean> {
    const { tenantId, version } = next;
    const command = new TransactWriteCommand({
      TransactItems: [
        this.put(safeguardsKey(tenantId), next, {
          ConditionExpression: version === 1 ? 'attribute_not_exists(exchangeId)' : 'version = :before',
          ...(version > 1 && { ExpressionAttributeValues: { ':before': version - 1 } }),
        }),
        ...(halt === undefined ? [] : [this.put(haltKey(halt), halt)]),
      ],
    });
    try {
      await answered(`writing ${tenantId}'s safeguards`, this.client.send(command));
      return true;
    } catch (error) {
      const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
      if (reasons.some(({ Code }) => RACES.has(Code))) return false;
      throw error;
    }
  }

  async getHalt(tenantId: string, haltId: string): Promise<HaltRecord | undefined> {
    const item = await this.read(haltKey({ tenantId, haltId }), `halt ${haltId} of ${tenantId}`);
    return item && valueOf<HaltRecord>(item);
  }

  async listHalts(tenantId: string, cursor?: string): Promise<Page<HaltRecord>> {
    const command = new QueryCommand({
      TableName: this.tables.exchangeConfigs,
      KeyConditionExpression: 'tenantId = :tenantId AND begins_with(exchangeId, :prefix)',
      ExpressionAttributeValues: { ':tenantId': tenantId, ':prefix': HALT_PREFIX },
      ConsistentRead: true,
      ScanIndexForward: false,
      Limit: HALTS_PAGE,
      ...(cursor !== undefined && { ExclusiveStartKey: haltKey({ tenantId, haltId: decodeCursor(cursor) }) }),
    });
    const { Items = [], LastEvaluatedKey } = await answered(`listing ${tenantId}'s halts`, this.client.send(command));
    const items = Items.map((item) => valueOf<HaltRecord>(item));
    const last = items.at(-1);
    return { items, ...(LastEvaluatedKey && last && { cursor: encodeCursor(last.haltId) }) };
  }

  private async read(Key: Record<string, string>, what: string): Promise<Attributes | undefined> {
    const command = new GetCommand({ TableName: this.tables.exchangeConfigs, Key, ConsistentRead: true });
    return (await answered(`reading ${what}`, this.client.send(command))).Item;
  }

  private put(
    key: Record<string, string>,
    value: object,
    condition: object = {},
  ): NonNullable<TransactWriteCommandInput['TransactItems']>[number] {
    const Item = { itemVersion: SAFEGUARDS_FORM.version, ...value, ...key };
    return { Put: { TableName: this.tables.exchangeConfigs, Item, ...condition } };
  }
}

/** What was put: the sort key of these items says what they are, not where they belong. */
function valueOf<T>(item: Attributes): T {
  const { itemVersion: _1, exchangeId: _2, ...value } = SAFEGUARDS_FORM.upgraded(item);
  return value as T;
}
