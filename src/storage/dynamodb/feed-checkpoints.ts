import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ServiceError } from '../../domain/errors';
import type { FeedCheckpoint, FeedCheckpoints } from '../feed';
import { answered } from './answered';
import type { Attributes } from './item-form';
import type { TableNames } from './tables';

const FEED_ID = 'orders';
const POSITION = { feedId: FEED_ID, part: 'position' };
const TENANT_PREFIX = 'tenant#';
/** Of some thousand tenants each. */
const READS_MAX = 100;

/** The Feed table: one item says who writes the feeds and how far they are, one a tenant which sequence is given out. */
export class DynamoFeedCheckpoints implements FeedCheckpoints {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tables: TableNames,
  ) {}

  async take(holder: string): Promise<FeedCheckpoint> {
    const update = new UpdateCommand({
      TableName: this.tables.feed,
      Key: POSITION,
      UpdateExpression: 'SET holder = :holder',
      ExpressionAttributeValues: { ':holder': holder },
      ReturnValues: 'ALL_NEW',
    });
    const { Attributes = {} } = await answered('taking over the feed', this.client.send(update));
    const { place = { shards: {} } } = Attributes as Partial<FeedCheckpoint>;
    return { place, tenants: await this.readTenants() };
  }

  /** The tenants first: a sequence that is known too early costs nothing, one that is given out twice would. */
  async save(holder: string, { place, tenants }: FeedCheckpoint): Promise<boolean> {
    await Promise.all([...tenants].map(([tenantId, sequence]) => this.saveTenant(tenantId, sequence)));
    return await this.conditionally({
      TableName: this.tables.feed,
      Key: POSITION,
      UpdateExpression: 'SET place = :place',
      ConditionExpression: 'holder = :holder',
      ExpressionAttributeValues: { ':holder': holder, ':place': place },
    });
  }

  private async saveTenant(tenantId: string, sequence: number): Promise<void> {
    await this.conditionally({
      TableName: this.tables.feed,
      Key: { feedId: FEED_ID, part: `${TENANT_PREFIX}${tenantId}` },
      UpdateExpression: 'SET #sequence = :sequence',
      ConditionExpression: 'attribute_not_exists(#sequence) OR #sequence < :sequence',
      ExpressionAttributeNames: { '#sequence': 'sequence' },
      ExpressionAttributeValues: { ':sequence': sequence },
    });
  }

  private async readTenants(): Promise<Map<string, number>> {
    const items: Attributes[] = [];
    let start: Attributes | undefined;
    for (let read = 0; read < READS_MAX; read++) {
      const query = new QueryCommand({
        TableName: this.tables.feed,
        KeyConditionExpression: 'feedId = :feedId AND begins_with(part, :prefix)',
        ExpressionAttributeValues: { ':feedId': FEED_ID, ':prefix': TENANT_PREFIX },
        ConsistentRead: true,
        ...(start && { ExclusiveStartKey: start }),
      });
      const reply = await answered('reading how far the feeds are', this.client.send(query));
      items.push(...(reply.Items ?? []));
      start = reply.LastEvaluatedKey;
      if (start === undefined) return new Map(items.map(tenantOf));
    }
    throw new ServiceError(
      'DEPENDENCY_UNAVAILABLE',
      `More tenants have feeds than can be read (${items.length} read).`,
    );
  }

  private async conditionally(input: ConstructorParameters<typeof UpdateCommand>[0]): Promise<boolean> {
    try {
      await answered('saving how far the feeds are', this.client.send(new UpdateCommand(input)));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

function tenantOf({ part, sequence }: Attributes): [string, number] {
  return [(part as string).slice(TENANT_PREFIX.length), sequence as number];
}
