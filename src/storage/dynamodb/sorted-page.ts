import type { DynamoDBDocumentClient, QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Page } from '../orders';
import { answered } from './answered';
import type { Attributes } from './item-form';
import { decodeCursor, encodeCursor } from './page-cursor';

const PAGE_MAX = 100;

/** The items of one partition between two sort keys, both inclusive. */
export interface SortedRange extends Pick<QueryCommandInput, 'TableName' | 'IndexName' | 'ConsistentRead'> {
  partition: readonly [attribute: string, value: string];
  sort: string;
  from: string;
  to: string;
  /** Only items with this value are given; what a page has less for it, the next ones have. */
  only?: readonly [attribute: string, value: string];
  /** Items a page; PAGE_MAX if absent. */
  limit?: number;
}

/** One page in ascending order of the sort key, behind the place that the cursor names. */
export async function sortedPage(
  client: DynamoDBDocumentClient,
  { partition, sort, from, to, only, limit = PAGE_MAX, ...table }: SortedRange,
  cursor?: string,
): Promise<Page<Attributes>> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const query = new QueryCommand({
    ...table,
    KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :from AND :to',
    ExpressionAttributeNames: { '#partition': partition[0], '#sort': sort, ...(only && { '#only': only[0] }) },
    ExpressionAttributeValues: {
      ':partition': partition[1],
      ':from': after ?? from,
      ':to': to,
      ...(only && { ':only': only[1] }),
    },
    ...(only && { FilterExpression: '#only = :only' }),
    // Two more than are shown: the cursor's own item is read again, and one further says that there are more.
    Limit: limit + 2,
  });
  const reply = await answered(`reading ${table.TableName}`, client.send(query));
  const found = (reply.Items ?? []).filter((item) => item[sort] !== after);
  const items = found.slice(0, limit);
  const last = found.length > items.length ? items.at(-1) : reply.LastEvaluatedKey;
  return { items, ...(last && { cursor: encodeCursor(String(last[sort])) }) };
}
