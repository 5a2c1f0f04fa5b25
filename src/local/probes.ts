import { connect } from 'node:net';

/** One probe; the part's start limit bounds their number. */
const PROBE_LIMIT_MS = 2_000;

/** Resolves when somebody listens at `host:port`. */
export function answersTcp(address: string): Promise<void> {
  const separator = address.lastIndexOf(':');
  const host = address.slice(0, separator).replace(/^\[|\]$/g, '');
  const port = Number(address.slice(separator + 1));
  if (separator < 1 || !Number.isInteger(port)) return Promise.reject(new Error(`'${address}' is not host:port`));
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: PROBE_LIMIT_MS });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error(`no connection within ${PROBE_LIMIT_MS} ms`)));
    socket.once('error', reject);
  });
}

/** Resolves with the response's body when an HTTP server answers at all, whatever the status. */
export async function answersHttp(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_LIMIT_MS) }).catch((error: unknown) => {
    throw rootCause(error);
  });
  return response.text();
}

/** fetch hides the reason ("fetch failed") behind its cause. */
function rootCause(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? rootCause(error.cause) : error;
}
