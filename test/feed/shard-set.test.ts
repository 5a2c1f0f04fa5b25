import { ShardSet } from '../../activities/feed/shard-set';
import { SHARD_ENDED } from '../../src/storage/feed';
import type { ChangeBatch, ChangeStream, OrderChangeLog } from '../../src/storage/order-changes';

/** A stream whose shard `parent` was split into two, and one that has nothing to do with it. */
const STREAM: ChangeStream = {
  streamId: 'now',
  shards: [
    { shardId: 'parent' },
    { shardId: 'left', parentId: 'parent' },
    { shardId: 'right', parentId: 'parent' },
    { shardId: 'other', parentId: 'dropped long ago' },
  ],
};
const AT_9: ChangeBatch = { writes: [], position: '9', ended: false };
const ENDED: ChangeBatch = { writes: [], ended: true };

let opened: [string, string | undefined][];
const log: OrderChangeLog = {
  describe: () => Promise.resolve(STREAM),
  openShard: (_, shardId, after) => {
    opened.push([shardId, after]);
    return { read: () => Promise.resolve(AT_9) };
  },
};
beforeEach(() => {
  opened = [];
});

test('a shard is read once its parent is read to its end, or is not there any more', () => {
  const shards = new ShardSet(log, { shards: {} });
  shards.open(STREAM);
  expect(opened.map(([shardId]) => shardId)).toEqual(['parent', 'other']);
  expect(shards.advance(new Map([['other', AT_9]]))).toBe(false);
  expect(shards.advance(new Map([['parent', ENDED]]))).toBe(true);
  shards.refresh(STREAM);
  expect(opened.map(([shardId]) => shardId)).toEqual(['parent', 'other', 'left', 'right']);
  expect(shards.view()).toEqual({ streamId: 'now', shards: { other: '9', parent: SHARD_ENDED } });
});

test('reading alone moves no position', async () => {
  const shards = new ShardSet(log, { shards: { other: '5' } });
  shards.open(STREAM);
  expect(await shards.read()).toEqual(
    new Map([
      ['parent', AT_9],
      ['other', AT_9],
    ]),
  );
  expect(shards.view().shards).toEqual({ other: '5' });
  expect(opened).toContainEqual(['other', '5']);
});

test('positions of another stream are none of this one', () => {
  const shards = new ShardSet(log, { streamId: 'before', shards: { parent: SHARD_ENDED, other: '5' } });
  expect(shards.continuesIn(STREAM)).toBe(false);
  shards.open(STREAM);
  expect(opened).toEqual([
    ['parent', undefined],
    ['other', undefined],
  ]);
});

test('shards that the stream has dropped are forgotten', () => {
  const shards = new ShardSet(log, { streamId: 'now', shards: { gone: SHARD_ENDED, parent: '3' } });
  shards.open(STREAM);
  expect(shards.view().shards).toEqual({ parent: '3' });
});
