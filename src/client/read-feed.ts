import { z } from 'zod';
import { ServiceError } from '../domain/errors';
import type { FeedMessage } from '../domain/feed';
import { SEQUENCE_MAX } from '../domain/feed';
import { tenantIdSchema } from '../domain/order-request';
import type { Clock } from '../platform/clock';
import type { FeedReader } from '../storage/feed';
import { checkInput } from './input';

/** How long one call to Redis waits for a message, and so how long an end by the signal may take. */
const WAIT_MS = 1_000;
const FAILURE_PAUSE_MS = 500;
/** Failures in a row, a minute or so, after which the caller is told. */
const FAILURES_MAX = 60;

const sequenceFault = 'must be a sequence: a whole number from 0';
const inputSchema = z.strictObject({
  tenantId: tenantIdSchema(),
  from: z.exactOptional(z.int(sequenceFault).min(0, sequenceFault).max(SEQUENCE_MAX, sequenceFault)),
});

export interface FeedParts {
  openFeedReader(): Promise<FeedReader>;
  clock: Clock;
}

export interface FeedInput {
  tenantId: string;
  /** The sequence of the last message that was dealt with, 0 for all that are kept. Absent: only what comes from now on. */
  from?: number;
}

/**
 * The messages of a tenant's feed in order of their sequence, without end, at least once each (tell a second delivery by
 * `eventId`). Where messages are missing for good there is a RESYNC: read the orders then, and go on.
 * @throws ServiceError INVALID_INPUT; DEPENDENCY_UNAVAILABLE when Redis does not answer for a minute
 */
export async function* readFeed(parts: FeedParts, input: FeedInput, stop?: AbortSignal): AsyncGenerator<FeedMessage> {
  const { tenantId, from } = checkInput(inputSchema, input, 'The feed to read');
  const reader = await parts.openFeedReader();
  try {
    let cursor = from ?? (await patiently(parts.clock, () => reader.last(tenantId)));
    while (stop?.aborted !== true) {
      const messages = await patiently(parts.clock, () => reader.readAfter(tenantId, cursor, WAIT_MS));
      const lost =
        messages.length > 0 ? gapBefore(messages[0], cursor) : await missingEnd(parts, reader, { tenantId, cursor });
      for (const message of [...lost, ...messages]) {
        yield message;
        cursor = message.sequence;
      }
    }
  } finally {
    reader.close();
  }
}

/** What says that messages between the cursor and the next message are gone, unless the next one says so itself. */
function gapBefore(next: FeedMessage | undefined, cursor: number): FeedMessage[] {
  if (next === undefined || next.kind === 'RESYNC' || next.sequence === cursor + 1) return [];
  return [
    resync(
      next.tenantId,
      next.sequence - 1,
      `The messages from ${cursor + 1} to ${next.sequence - 1} are not kept any more.`,
    ),
  ];
}

/** A feed that ends before the cursor is another one than that which the cursor is of. */
async function missingEnd(
  { clock }: FeedParts,
  reader: FeedReader,
  { tenantId, cursor }: { tenantId: string; cursor: number },
): Promise<FeedMessage[]> {
  const last = await patiently(clock, () => reader.last(tenantId));
  return last >= cursor ? [] : [resync(tenantId, last, `The feed ends with ${last}, before ${cursor}.`)];
}

function resync(tenantId: string, sequence: number, reason: string): FeedMessage {
  return { schemaVersion: 1, kind: 'RESYNC', sequence, eventId: `resync:${sequence}`, tenantId, reason };
}

async function patiently<T>(clock: Clock, ask: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await ask();
    } catch (error) {
      if (failures === FAILURES_MAX || !(error instanceof ServiceError)) throw error;
      await clock.sleep(FAILURE_PAUSE_MS);
    }
  }
}
