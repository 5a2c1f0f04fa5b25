import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { ServiceError } from '../domain/errors';
import { type Clock, isoTime } from '../platform/clock';
import { writeWholeFile } from '../platform/whole-file';
import { emptyDayHash } from '../storage/audit-hash';
import type { AuditLogStore, AuditRecord } from '../storage/audit-logs';
import { type DaySeal, DayVerification, type Verification } from './verification';

/** How long after midnight a call may end that began before it. */
const DAY_OPEN_MS = 10 * 60_000;
const LINE_END = 0x0a;
const FORMAT = 'exchange-integration audit 1';

const sealLine = z.object({
  format: z.literal(FORMAT),
  manifest: z.object({ tenantId: z.string(), day: z.string(), chains: z.number(), hash: z.string() }),
  heads: z.array(z.object({ chainId: z.string(), number: z.number(), sequence: z.number(), hash: z.string() })),
});

/** @throws ServiceError INVALID_INPUT when the tenant has no records of that day */
export async function verifyDay(store: AuditLogStore, tenantId: string, day: string): Promise<Verification> {
  const verification = new DayVerification(await sealOf(store, tenantId, day));
  for await (const record of store.recordsOf(tenantId, day)) verification.add(record);
  return verification.finish();
}

/**
 * Writes a day to `<directory>/<tenantId>/<day>.jsonl.gz`: one line with manifest and heads, then one for each record,
 * exactly as stored. The file is complete or not there; made again, it also has what was stored later.
 * @returns where it is, and what verifying its records said
 * @throws ServiceError INVALID_INPUT for a day without records, for one that has not ended, and where an archive stands
 * that has more records than the table still has
 */
export async function archiveDay(
  { store, clock }: { store: AuditLogStore; clock: Clock },
  tenantId: string,
  day: string,
  directory: string,
): Promise<Verification & { file: string }> {
  if (isoTime(clock.now() - DAY_OPEN_MS) < `${day}T24`) throw invalidDay(tenantId, day, 'has not ended');
  const seal = await sealOf(store, tenantId, day);
  const verification = new DayVerification(seal);
  const file = join(directory, tenantId, `${day}.jsonl.gz`);
  const archived = existsSync(file) ? await verifyArchive(file) : undefined;
  await writeWholeFile(file, Readable.from(lines()), createGzip());
  return { file, ...verification.finish() };

  async function* lines(): AsyncIterable<string> {
    yield `${JSON.stringify({ format: FORMAT, ...seal })}\n`;
    for await (const record of store.recordsOf(tenantId, day)) {
      verification.add(record);
      yield `${JSON.stringify(record)}\n`;
    }
    const { records } = verification;
    if (archived !== undefined && records < archived.records)
      throw invalidDay(
        tenantId,
        day,
        `has ${records} records in the table, but ${archived.records} in ${file}, which was left as it is`,
      );
  }
}

/** Verifies an archived day with nothing but its file. @throws ServiceError INVALID_INPUT for any other file */
export async function verifyArchive(file: string): Promise<Verification> {
  let verification = undefined as DayVerification | undefined;
  try {
    await pipeline(createReadStream(file), createGunzip(), async (text) => {
      for await (const line of linesOf(text as AsyncIterable<Buffer>)) {
        if (verification === undefined) verification = new DayVerification(sealLine.parse(JSON.parse(line)));
        else verification.add(JSON.parse(line) as AuditRecord);
      }
    });
  } catch (error) {
    throw notAnArchive(file, error instanceof z.ZodError ? 'its first line is no manifest' : (error as Error).message);
  }
  if (verification === undefined) throw notAnArchive(file, 'it is empty');
  return verification.finish();
}

async function sealOf(store: AuditLogStore, tenantId: string, day: string): Promise<DaySeal> {
  const [manifest, heads] = await Promise.all([store.manifest(tenantId, day), store.heads(tenantId, day)]);
  if (manifest !== undefined) return { manifest, heads };
  const { done } = await store.recordsOf(tenantId, day)[Symbol.asyncIterator]().next();
  if (done === true && heads.length === 0)
    throw invalidDay(tenantId, day, 'has no audit records (they are kept for 90 days)');
  // Somebody removed the manifest: what is there stands against a day without chains.
  return { manifest: { tenantId, day, chains: 0, hash: emptyDayHash(tenantId, day) }, heads };
}

/** UTF-8 may be cut between two chunks, so bytes are joined before they are read. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncIterable<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(LINE_END) + 1;
    if (end > 0) yield* bytes.toString('utf8', 0, end - 1).split('\n');
    rest = bytes.subarray(end);
  }
  if (rest.length > 0) throw new Error('its last line is cut off');
}

function invalidDay(tenantId: string, day: string, message: string): ServiceError {
  return new ServiceError('INVALID_INPUT', `${day} of tenant ${tenantId} ${message}.`, [{ field: 'day', message }]);
}

function notAnArchive(file: string, why: string): ServiceError {
  const message = `is not an archive of this service: ${why}`;
  return new ServiceError('INVALID_INPUT', `${file} ${message}.`, [{ field: 'file', message }]);
}
