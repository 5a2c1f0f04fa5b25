import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { readOrder } from '../storage/dynamodb/order-lookup';
import { readPosition } from '../storage/dynamodb/positions-store';
import type { TableNames } from '../storage/dynamodb/tables';
import type { RedisConnection } from '../storage/redis/client';
import { RedisOrderProjection } from '../storage/redis/order-projection';
import { RedisPositionProjection } from '../storage/redis/position-projection';
import type { VersionedValuesParts } from '../storage/redis/versioned-values';

/** Where projections go, and where their records are. */
export interface ProjectionPlaces {
  redis: RedisConnection;
  client: DynamoDBDocumentClient;
  tables: TableNames;
}

export function openProjections(
  { redis, client, tables }: ProjectionPlaces,
  parts: VersionedValuesParts,
): { orderProjection: RedisOrderProjection; positionProjection: RedisPositionProjection } {
  const recordOf = async (tenantId: string, orderId: string) =>
    (await readOrder({ client, tables }, { tenantId, orderId }))?.state;
  return {
    orderProjection: new RedisOrderProjection(redis, parts, recordOf),
    positionProjection: new RedisPositionProjection(redis, parts, (ref) => readPosition(client, tables, ref)),
  };
}
