import type { DynamoDBDocumentClient, QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ExchangeId } from '../../domain/exchange';
import type { PositionHistory, PositionState } from '../../domain/position';
import type { Page } from '../orders';
import type { PositionStore } from '../positions';
import { answered } from './answered';
import { sortKeyRange } from './instant-range';
import { historyPartition, positionExchangeKey, positionKey, type PositionRef } from './keys';
import type { Attributes } from './item-form';
import { decodeCursor, encodeCursor } from './page-cursor';
import { historyOf, positionOf } from './position-item';
import { EXCHANGE_INDEX, HISTORY_PARTITION_KEY, HISTORY_SORT_KEY, POSITION_SORT_KEY, type TableNames } from './tables';

const PAGE_MAX = 100;

interface PageQuery extends Pick<QueryCommandInput, 'TableName' | 'IndexName' | 'ConsistentRead'> {
  partition: readonly [attribute: string, value: string];
  sort: string;
  from: string;
  to: string;
}

/** The Positions and PositionHistory tables as a PositionStore. */
export class DynamoPositionStore implements PositionStore {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tables: TableNames,
  ) {}

  get(tenantId: string, assetId: string, exchangeId: ExchangeId): Promise<PositionState | undefined> {
    return readPosition(this.client, this.tables, { tenantId, assetId, exchangeId });
  }

  async listByAsset(tenantId: string, assetId: string): Promise<PositionState[]> {
    const { items } = await this.page({
      TableName: this.tables.positions,
      ConsistentRead: true,
      partition: ['tenantId', tenantId],
      sort: POSITION_SORT_KEY,
      from: `${assetId}#`,
      to: `${assetId}#~`,
    });
    return items.map(positionOf);
  }

  async list(tenantId: string, exchangeId?: ExchangeId, cursor?: string): Promise<Page<PositionState>> {
    const TableName = this.tables.positions;
    const all = { from: '!', to: '~' };
    const query: PageQuery =
      exchangeId === undefined
        ? { TableName, ConsistentRead: true, partition: ['tenantId', tenantId], sort: POSITION_SORT_KEY, ...all }
        : {
            TableName,
            IndexName: EXCHANGE_INDEX,
            partition: ['exchangeKey', positionExchangeKey(tenantId, exchangeId)],
            sort: 'assetId',
            ...all,
          };
    const { items, ...rest } = await this.page(query, cursor);
    return { items: items.map(positionOf), ...rest };
  }

  async history(
    tenantId: string,
    assetId: string,
    startTime: string,
    endTime: string,
    cursor?: string,
  ): Promise<Page<PositionHistory>> {
    const query: PageQuery = {
      TableName: this.tables.positionHistory,
      ConsistentRead: true,
      partition: [HISTORY_PARTITION_KEY, historyPartition(tenantId, assetId)],
      sort: HISTORY_SORT_KEY,
      ...sortKeyRange({ startTime, endTime }),
    };
    const { items, ...rest } = await this.page(query, cursor);
    return { items: items.map(historyOf), ...rest };
  }

  /** One page in ascending order of the sort key, behind the place that the cursor names. */
  private async page({ partition, sort, from, to, ...table }: PageQuery, cursor?: string): Promise<Page<Attributes>> {
    const [attribute, value] = partition;
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const query = new QueryCommand({
      ...table,
      KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :from AND :to',
      ExpressionAttributeNames: { '#partition': attribute, '#sort': sort },
      ExpressionAttributeValues: { ':partition': value, ':from': after ?? from, ':to': to },
      // Two more than are shown: the cursor's own item is read again, and one further says that there are more.
      Limit: PAGE_MAX + 2,
    });
    const reply = await answered(`reading ${table.TableName}`, this.client.send(query));
    const found = (reply.Items ?? []).filter((item) => item[sort] !== after);
    const items = found.slice(0, PAGE_MAX);
    const more = found.length > items.length || reply.LastEvaluatedKey !== undefined;
    return { items, ...(more && { cursor: encodeCursor(String(items.at(-1)?.[sort] ?? after)) }) };
  }
}

/** One position, strongly consistent. */
export async function readPosition(
  client: DynamoDBDocumentClient,
  tables: TableNames,
  ref: PositionRef,
): Promise<PositionState | undefined> {
  const command = new GetCommand({ TableName: tables.positions, Key: positionKey(ref), ConsistentRead: true });
  const { Item } = await answered(`reading position ${ref.assetId} at ${ref.exchangeId}`, client.send(command));
  return Item && positionOf(Item);
}
