import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { ServiceError } from '../../domain/errors';
import type { PositionState } from '../../domain/position';
import { positionIdOf } from '../../domain/position';
import { positionAfter } from '../../domain/position-changes';
import { answered } from './answered';
import { sortKeyRange } from './instant-range';
import { historyPartition } from './keys';
import type { Attributes } from './item-form';
import { historyOf } from './position-item';
import { HISTORY_PARTITION_KEY, HISTORY_SORT_KEY, type TableNames } from './tables';

/** Changes read at once on the way back: few at first, for mostly the last one is it. */
const READ_MIN = 8;
const READ_MAX = 1_000;
const READS_MAX = 300;

/**
 * A position as it stood at a past instant: as it is now if it has not changed since, else as its last change by then
 * left it. The history of an instrument has the changes at all exchanges, which are passed on the way back.
 * @throws ServiceError INVALID_INPUT for no instant; UNSUPPORTED where too many changes lie in between, or the last one
 * is of a release that did not record the whole position; DEPENDENCY_UNAVAILABLE
 */
export async function asOfInstant(
  { client, tables }: { client: DynamoDBDocumentClient; tables: TableNames },
  current: PositionState,
  asOf: string,
): Promise<PositionState | undefined> {
  const { from, to } = sortKeyRange({ endTime: asOf });
  if (`${current.updatedAt}#` <= to) return current;
  let start: Record<string, unknown> | undefined;
  for (let read = 0, limit = READ_MIN; read < READS_MAX; read++, limit = Math.min(limit * 4, READ_MAX)) {
    const query = new QueryCommand({
      TableName: tables.positionHistory,
      KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :from AND :to',
      FilterExpression: 'exchangeId = :exchangeId',
      ExpressionAttributeNames: { '#partition': HISTORY_PARTITION_KEY, '#sort': HISTORY_SORT_KEY },
      ExpressionAttributeValues: {
        ':partition': historyPartition(current.tenantId, current.assetId),
        ':from': from,
        ':to': to,
        ':exchangeId': current.exchangeId,
      },
      ConsistentRead: true,
      ScanIndexForward: false,
      Limit: limit,
      ...(start && { ExclusiveStartKey: start }),
    });
    const reply = await answered(`reading position ${positionIdOf(current)} as of ${asOf}`, client.send(query));
    const [last] = reply.Items ?? [];
    if (last !== undefined) return wholeStateOf(last);
    start = reply.LastEvaluatedKey;
    if (start === undefined) return undefined;
  }
  const what = `Too many changes of other positions lie between ${asOf} and the last change of ${positionIdOf(current)} before.`;
  throw new ServiceError('UNSUPPORTED', what);
}

function wholeStateOf(item: Attributes): PositionState {
  const history = historyOf(item);
  if (item['cost'] !== undefined) return positionAfter(history);
  const what = `The change of ${history.positionId} at ${history.timestamp} was recorded without its cost and commissions.`;
  throw new ServiceError('UNSUPPORTED', what);
}
