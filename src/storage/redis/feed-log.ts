import type { RedisConnection } from './client';
import { ServiceError } from '../../domain/errors';
import type { FeedMessage } from '../../domain/feed';
import type { FeedAppended, FeedReader, FeedWriter } from '../feed';

/** Messages kept of each tenant, about 1 kB each. */
export const FEED_MESSAGES_KEPT = 100_000;
/** Longer than a wait for messages that a reader may ask for. */
export const FEED_COMMAND_LIMIT_MS = 10_000;
const MESSAGES_PER_READ_MAX = 500;
const ANNOUNCED_MS = 15_000;
const HOLDER_KEY = 'feed:holder';

/** The tenant is the hash tag, so that a cluster spreads the tenants. */
export function feedKey(tenantId: string): string {
  return `feed:{${tenantId}}`;
}

/** Sequences stay text: Lua's numbers are inexact in tostring. */
const APPEND_AFTER = `
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local last = newest and string.match(newest[1], '^%d+') or '0'
if last ~= ARGV[1] then return {0, last} end
for i = 3, #ARGV, 2 do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], ARGV[i] .. '-0', 'message', ARGV[i + 1])
end
return {1, last}`;

/** The feeds as Redis Streams, one a tenant: entry `<sequence>-0` has the message as JSON in its field `message`. */
export class RedisFeedLog implements FeedWriter, FeedReader {
  constructor(
    private readonly redis: RedisConnection,
    private readonly messagesKept = FEED_MESSAGES_KEPT,
  ) {}

  async append(tenantId: string, after: number, messages: readonly FeedMessage[]): Promise<FeedAppended> {
    const entries = messages.flatMap((message) => [String(message.sequence), JSON.stringify(message)]);
    const script = this.redis.eval(APPEND_AFTER, 1, feedKey(tenantId), String(after), this.messagesKept, ...entries);
    const [appended, last] = (await answered(`appending to the feed of ${tenantId}`, script)) as [number, string];
    return { appended: appended === 1, last: Number(last) };
  }

  async last(tenantId: string): Promise<number> {
    const newest = this.redis.xrevrange(feedKey(tenantId), '+', '-', 'COUNT', 1);
    const [entry] = await answered(`reading the end of the feed of ${tenantId}`, newest);
    return entry === undefined ? 0 : Number.parseInt(entry[0], 10);
  }

  async readAfter(tenantId: string, sequence: number, waitMs: number): Promise<FeedMessage[]> {
    const place = ['STREAMS', feedKey(tenantId), `${sequence}-0`] as const;
    const reply = await answered(
      `reading the feed of ${tenantId}`,
      this.redis.xread('COUNT', MESSAGES_PER_READ_MAX, 'BLOCK', waitMs, ...place),
    );
    const [[, entries] = ['', []]] = reply ?? [];
    return entries.map(([, [, text = '']]) => JSON.parse(text) as FeedMessage);
  }

  async announce(holder: string): Promise<void> {
    await answered('announcing the feed', this.redis.set(HOLDER_KEY, holder, 'PX', ANNOUNCED_MS));
  }

  async holder(): Promise<string | undefined> {
    return (await answered('asking who writes the feeds', this.redis.get(HOLDER_KEY))) ?? undefined;
  }

  close(): void {
    this.redis.disconnect();
  }
}

async function answered<T>(doing: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', `Redis failed while ${doing} (${reason}).`, [], { cause: error });
  }
}
