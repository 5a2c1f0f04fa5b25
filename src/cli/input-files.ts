import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { ServiceError } from '../domain/errors';

const INPUT_BYTES_MAX = 1_048_576;
const READ_LIMIT_MS = 60_000;

/**
 * Reads JSON from a file, or from stdin for "-". Its content never shows in an error: it may be a secret.
 * @throws ServiceError INVALID_INPUT
 */
export async function readJson(path: string, flag: string, stdin: Readable): Promise<unknown> {
  const text = await readText(path, flag, path === '-' ? stdin : createReadStream(path));
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw unreadable(flag, path, 'is not JSON');
  }
}

async function readText(path: string, flag: string, source: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const stop = AbortSignal.timeout(READ_LIMIT_MS);
  const end = (): void => void source.destroy(new Error(`nothing more came within ${READ_LIMIT_MS} ms`));
  stop.addEventListener('abort', end);
  try {
    for await (const chunk of source) {
      const part = Buffer.from(chunk as string | Uint8Array);
      bytes += part.length;
      if (bytes > INPUT_BYTES_MAX) throw new Error(`it has more than ${INPUT_BYTES_MAX} bytes`);
      chunks.push(part);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    throw unreadable(flag, path, `can't be read (${error instanceof Error ? error.message : String(error)})`);
  } finally {
    stop.removeEventListener('abort', end);
  }
}

function unreadable(flag: string, path: string, fault: string): ServiceError {
  const message = `${path === '-' ? 'stdin' : path} ${fault}`;
  return new ServiceError('INVALID_INPUT', `${flag}: ${message}.`, [{ field: flag, message }]);
}
