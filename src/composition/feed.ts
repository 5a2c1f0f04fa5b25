import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Logger } from '../platform/logger';
import type { AwsPlace } from '../platform/aws-client';
import { createStreamsClient } from '../storage/dynamodb/client';
import { DynamoFeedCheckpoints } from '../storage/dynamodb/feed-checkpoints';
import { DynamoOrderChanges } from '../storage/dynamodb/order-changes';
import type { TableNames } from '../storage/dynamodb/tables';
import type { FeedReader, FeedSource } from '../storage/feed';
import { openRedis } from '../storage/redis/client';
import { FEED_COMMAND_LIMIT_MS, RedisFeedLog } from '../storage/redis/feed-log';

/** Where the feeds are read from and written to. */
export interface FeedPlaces {
  client: DynamoDBDocumentClient;
  tables: TableNames;
  dynamodb: AwsPlace;
  redisUrl: string;
  logger: Logger;
}

/** Over connections of its own: reading the stream and long appends are in nobody's way. */
export async function openFeedSource({ client, tables, dynamodb, redisUrl, logger }: FeedPlaces): Promise<FeedSource> {
  const streams = createStreamsClient(dynamodb);
  const redis = await openRedis(redisUrl, logger, FEED_COMMAND_LIMIT_MS);
  return {
    changes: new DynamoOrderChanges({ client, streams, tables }),
    writer: new RedisFeedLog(redis),
    checkpoints: new DynamoFeedCheckpoints(client, tables),
    close: () => {
      streams.destroy();
      redis.disconnect();
    },
  };
}

export async function openFeedReader(redisUrl: string, logger: Logger): Promise<FeedReader> {
  return new RedisFeedLog(await openRedis(redisUrl, logger, FEED_COMMAND_LIMIT_MS));
}
