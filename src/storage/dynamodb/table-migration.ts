import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { DeleteCommand, GetCommand, PutCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Clock } from '../../platform/clock';
import { answered } from './answered';
import type { Attributes } from './item-form';
import { type TableKinds, tableKinds } from './item-kinds';
import { type TableDefinition, tableDefinitions, tableNames } from './tables';

export interface MigrationOptions {
  prefix: string;
  /** Capacity units, read and written, that the walk may use a second. */
  unitsPerSecond: number;
}

export interface TableMigration {
  table: string;
  /** Items that were in an older form, and are in today's now. */
  rewritten: number;
  /** Items that others changed at the same moment: they are rewritten when the walk is made again. */
  busy: number;
}

interface Walk {
  client: DynamoDBDocumentClient;
  clock: Clock;
  options: MigrationOptions;
  definition: TableDefinition;
  kinds: TableKinds;
}

const ITEMS_PER_READ = 100;
/** No tenant's: it holds how far a walk has come, so that one that was interrupted goes on there. */
const PROGRESS_PARTITION = '#migration';

/**
 * Rewrites items of older forms in today's, table by table, at a bounded rate. An item is rewritten only if it is as it
 * was read, so orders may be traded meanwhile. Made again it goes on where it was interrupted.
 */
export async function migrateTables(
  client: DynamoDBDocumentClient,
  clock: Clock,
  options: MigrationOptions,
): Promise<TableMigration[]> {
  const names = tableNames(options.prefix);
  const migrations: TableMigration[] = [];
  for (const definition of tableDefinitions(names)) {
    const kinds = tableKinds(names)[definition.name];
    if (kinds !== undefined) migrations.push(await walkTable({ client, clock, options, definition, kinds }));
  }
  return migrations;
}

async function walkTable(walk: Walk): Promise<TableMigration> {
  const { client, clock, definition, options } = walk;
  const done: TableMigration = { table: definition.name, rewritten: 0, busy: 0 };
  let start = await readProgress(walk);
  do {
    const beganMs = clock.now();
    const scan = new ScanCommand({
      TableName: definition.name,
      Limit: ITEMS_PER_READ,
      ConsistentRead: true,
      ReturnConsumedCapacity: 'TOTAL',
      ...(start && { ExclusiveStartKey: start }),
    });
    const page = await answered(`walking ${definition.name}`, client.send(scan));
    let units = page.ConsumedCapacity?.CapacityUnits ?? 0;
    for (const item of page.Items ?? []) units += await rewrite(walk, item, done);
    start = page.LastEvaluatedKey;
    await saveProgress(walk, start);
    const pauseMs = (units / options.unitsPerSecond) * 1_000 - (clock.now() - beganMs);
    if (start !== undefined && pauseMs > 0) await clock.sleep(pauseMs);
  } while (start !== undefined);
  return done;
}

/** The capacity units it took; none for an item that is in today's form. */
async function rewrite({ client, definition, kinds }: Walk, item: Attributes, done: TableMigration): Promise<number> {
  const kind = isProgress(definition, item) ? undefined : kinds.kindOf(item);
  const upgraded = kind?.form.upgraded(item);
  if (kind === undefined || upgraded === undefined || upgraded === item) return 0;
  try {
    const update = new UpdateCommand({
      TableName: definition.name,
      Key: keyOf(definition, item),
      ...changeOf(item, upgraded, kind.guards),
      ReturnConsumedCapacity: 'TOTAL',
    });
    const reply = await answered(`rewriting an item of ${definition.name}`, client.send(update));
    done.rewritten += 1;
    return reply.ConsumedCapacity?.CapacityUnits ?? 0;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    done.busy += 1;
    return 1;
  }
}

/** What changes, on the condition that what every writer of the item counts, and its form, are as they were read. */
function changeOf(
  item: Attributes,
  upgraded: Attributes,
  guards: readonly string[],
): Pick<
  UpdateCommand['input'],
  'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
> {
  const changed = Object.keys(upgraded).filter((name) => upgraded[name] !== item[name]);
  const gone = Object.keys(item).filter((name) => !(name in upgraded));
  const names = [...changed, ...gone, ...guards];
  const place = (name: string): string => `#n${names.indexOf(name)}`;
  const conditions = ['itemVersion', ...guards].map((name) =>
    item[name] === undefined ? `attribute_not_exists(${place(name)})` : `${place(name)} = :was${names.indexOf(name)}`,
  );
  const was = ['itemVersion', ...guards].filter((name) => item[name] !== undefined);
  return {
    UpdateExpression: [
      `SET ${changed.map((name) => `${place(name)} = :v${names.indexOf(name)}`).join(', ')}`,
      ...(gone.length > 0 ? [`REMOVE ${gone.map(place).join(', ')}`] : []),
    ].join(' '),
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [place(name), name])),
    ExpressionAttributeValues: Object.fromEntries([
      ...changed.map((name) => [`:v${names.indexOf(name)}`, upgraded[name]]),
      ...was.map((name) => [`:was${names.indexOf(name)}`, item[name]]),
    ]) as Attributes,
  };
}

function keyOf({ keys }: TableDefinition, item: Attributes): Attributes {
  return Object.fromEntries(keys.map(({ AttributeName = '' }) => [AttributeName, item[AttributeName]]));
}

function isProgress({ keys: [partition] }: TableDefinition, item: Attributes): boolean {
  return item[partition?.AttributeName ?? ''] === PROGRESS_PARTITION;
}

function progressKey({ keys }: TableDefinition): Attributes {
  return Object.fromEntries(keys.map(({ AttributeName = '' }) => [AttributeName, PROGRESS_PARTITION]));
}

/** Of a walk to the same forms; one to others begins anew. */
async function readProgress({ client, definition, kinds }: Walk): Promise<Attributes | undefined> {
  const command = new GetCommand({ TableName: definition.name, Key: progressKey(definition), ConsistentRead: true });
  const { Item } = await answered(`reading how far ${definition.name} is`, client.send(command));
  return Item?.['forms'] === formsOf(kinds) ? (Item['place'] as Attributes) : undefined;
}

async function saveProgress({ client, definition, kinds }: Walk, place: Attributes | undefined): Promise<void> {
  const key = progressKey(definition);
  const { name: TableName } = definition;
  const Item = { ...key, itemVersion: 1, forms: formsOf(kinds), place };
  const saving =
    place === undefined
      ? client.send(new DeleteCommand({ TableName, Key: key }))
      : client.send(new PutCommand({ TableName, Item }));
  await answered(`saving how far ${TableName} is`, saving as Promise<unknown>);
}

function formsOf({ kinds }: TableKinds): string {
  return kinds.map(({ form }) => form.version).join(' ');
}
