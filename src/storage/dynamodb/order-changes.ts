import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import type { _Record, DynamoDBStreamsClient, GetRecordsCommandOutput, Shard } from '@aws-sdk/client-dynamodb-streams';
import {
  DescribeStreamCommand,
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ResourceNotFoundException,
  TrimmedDataAccessException,
} from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { ServiceError } from '../../domain/errors';
import { isOrderId } from '../../domain/ids';
import type { OrderState } from '../../domain/order';
import {
  type ChangeBatch,
  type ChangeShard,
  ChangesLostError,
  type ChangeStream,
  type OrderChangeLog,
  type OrderWrite,
  type ShardReader,
} from '../order-changes';
import { answered } from './answered';
import { orderRecordOf } from './order-item';
import type { TableNames } from './tables';

/** Pages of a stream's list of shards, 100 each. */
const SHARD_PAGES_MAX = 100;

type Image = NonNullable<_Record['dynamodb']>['NewImage'];

/** The Orders table's own change stream (DynamoDB Streams). */
export class DynamoOrderChanges implements OrderChangeLog {
  constructor(
    private readonly parts: { client: DynamoDBDocumentClient; streams: DynamoDBStreamsClient; tables: TableNames },
  ) {}

  async describe(): Promise<ChangeStream> {
    const { client, tables } = this.parts;
    const table = client.send(new DescribeTableCommand({ TableName: tables.orders }));
    const { Table } = await answered('looking for the stream of the orders', table);
    const streamId = Table?.StreamSpecification?.StreamEnabled === true ? Table.LatestStreamArn : undefined;
    if (streamId !== undefined) return { streamId, shards: await this.shardsOf(streamId) };
    const what = `Table ${tables.orders} has no stream, which the feed reads: run \`tables create\`, which turns it on.`;
    throw new ServiceError('CONFIGURATION', what);
  }

  openShard(streamId: string, shardId: string, after?: string): ShardReader {
    return new DynamoShardReader(this.parts.streams, { StreamArn: streamId, ShardId: shardId }, after);
  }

  private async shardsOf(streamId: string): Promise<ChangeStream['shards']> {
    const shards: Shard[] = [];
    let start: string | undefined;
    for (let page = 0; page < SHARD_PAGES_MAX; page++) {
      const command = new DescribeStreamCommand({ StreamArn: streamId, ExclusiveStartShardId: start });
      const described = await answered('listing the shards of the orders', this.parts.streams.send(command));
      shards.push(...(described.StreamDescription?.Shards ?? []));
      start = described.StreamDescription?.LastEvaluatedShardId;
      if (start === undefined) return shards.flatMap(shardOf);
    }
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', `The orders' stream has too many shards (${shards.length} read).`);
  }
}

function shardOf({ ShardId, ParentShardId }: Shard): ChangeShard[] {
  if (ShardId === undefined) return [];
  return [{ shardId: ShardId, ...(ParentShardId !== undefined && { parentId: ParentShardId }) }];
}

class DynamoShardReader implements ShardReader {
  private iterator: string | undefined;

  constructor(
    private readonly streams: DynamoDBStreamsClient,
    private readonly shard: { StreamArn: string; ShardId: string },
    private after: string | undefined,
  ) {}

  async read(): Promise<ChangeBatch> {
    this.iterator ??= await this.place();
    let reply: GetRecordsCommandOutput;
    try {
      reply = await this.ask(this.streams.send(new GetRecordsCommand({ ShardIterator: this.iterator })));
    } catch (error) {
      if (!(error instanceof ExpiredIteratorException)) throw error;
      this.iterator = undefined;
      return { writes: [], ended: false };
    }
    const { Records = [], NextShardIterator } = reply;
    this.iterator = NextShardIterator;
    const position = Records.at(-1)?.dynamodb?.SequenceNumber;
    this.after = position ?? this.after;
    return {
      writes: Records.flatMap(writeOf),
      ended: NextShardIterator === undefined,
      ...(position !== undefined && { position }),
    };
  }

  private async place(): Promise<string | undefined> {
    const { after } = this;
    const from =
      after === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' as const }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, SequenceNumber: after };
    const { ShardIterator } = await this.ask(
      this.streams.send(new GetShardIteratorCommand({ ...this.shard, ...from })),
    );
    return ShardIterator;
  }

  private async ask<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (error instanceof ExpiredIteratorException) throw error;
      if (error instanceof TrimmedDataAccessException || error instanceof ResourceNotFoundException)
        throw new ChangesLostError(
          this.shard.ShardId,
          `Shard ${this.shard.ShardId} is gone after ${this.after}: ${error.message}`,
        );
      return await answered('reading the changes of the orders', Promise.reject<T>(error as Error));
    }
  }
}

/** The write of an order's own item; items of its fills, and removals, are none. */
function writeOf({ dynamodb }: _Record): OrderWrite[] {
  const { Keys, OldImage, NewImage, SequenceNumber: position = '' } = dynamodb ?? {};
  const { tenantId, orderId } = unmarshall(Keys ?? {}) as { tenantId: string; orderId: string };
  if (NewImage === undefined || !isOrderId(orderId)) return [];
  try {
    return [{ tenantId, orderId, after: stateOf(NewImage), ...(OldImage && { before: stateOf(OldImage) }) }];
  } catch (error) {
    return [{ tenantId, orderId, position, unreadable: error instanceof Error ? error.message : String(error) }];
  }
}

function stateOf(image: NonNullable<Image>): OrderState {
  return orderRecordOf(unmarshall(image)).state;
}
