import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import { ServiceError } from '../../domain/errors';
import { answered } from './answered';
import type { Attributes } from './item-form';

const KEYS_PER_CALL_MAX = 100;
/** DynamoDB hands back what did not fit its 16 MB or its throttle; each round gets at least something. */
const ROUNDS_MAX = 20;

/** Strongly consistent reads of many items of one table; absent ones are left out, the order is not kept. */
export async function batchRead(
  client: DynamoDBDocumentClient,
  table: string,
  keys: readonly Record<string, string>[],
): Promise<Attributes[]> {
  const chunks = Array.from({ length: Math.ceil(keys.length / KEYS_PER_CALL_MAX) }, (_, chunk) =>
    keys.slice(chunk * KEYS_PER_CALL_MAX, (chunk + 1) * KEYS_PER_CALL_MAX),
  );
  const items = await Promise.all(chunks.map((chunk) => readChunk(client, table, chunk)));
  return items.flat();
}

async function readChunk(
  client: DynamoDBDocumentClient,
  table: string,
  keys: Record<string, string>[],
): Promise<Attributes[]> {
  const items: Attributes[] = [];
  let open: Record<string, unknown>[] = keys;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const RequestItems = { [table]: { Keys: open, ConsistentRead: true } };
    const reply = await answered(`reading from ${table}`, client.send(new BatchGetCommand({ RequestItems })));
    items.push(...(reply.Responses?.[table] ?? []));
    open = reply.UnprocessedKeys?.[table]?.Keys ?? [];
    if (open.length === 0) return items;
  }
  throw new ServiceError(
    'DEPENDENCY_UNAVAILABLE',
    `DynamoDB left ${open.length} keys of ${table} unread, ${ROUNDS_MAX} times in a row.`,
  );
}
