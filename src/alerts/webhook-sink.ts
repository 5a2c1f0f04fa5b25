import { createHmac } from 'node:crypto';
import type { Clock } from '../platform/clock';
import type { WebhookSettings } from '../platform/environment';
import { createHostGuard } from '../transport/host-guard';
import type { RESTClient } from '../transport/rest/rest-client';
import { createRESTClient } from '../transport/rest/rest-client';
import { TransportError } from '../transport/transport-error';
import type { AlertSink } from './alerts';

const TIMEOUT_MS = 5_000;
const REPLY_BYTES_MAX = 64 * 1024;
/** `t=<ms since the epoch>,v1=<hex HMAC-SHA-256 of "<t>.<body>" under the shared secret>` */
export const SIGNATURE_HEADER = 'x-alert-signature';

/** POSTs each alert as JSON, signed, to one address; any 2xx is a receipt. Redirects are not followed. */
export function createWebhookSink({ url, secret }: WebhookSettings, clock: Clock): AlertSink {
  const { origin, pathname, search, hostname } = new URL(url);
  const guard = createHostGuard({
    mode: 'SANDBOX',
    sandboxHosts: [hostname],
    productionHosts: [],
    allowSimulated: true, // a receiver on this machine may go without TLS
  });
  const limits = { headersTimeoutMs: TIMEOUT_MS, bodyTimeoutMs: TIMEOUT_MS, connectTimeoutMs: TIMEOUT_MS };
  const client = createRESTClient({ baseUrl: origin, guard, clock, responseBytesMax: REPLY_BYTES_MAX, ...limits });
  return {
    name: 'webhook',
    deliver: async (alert) => {
      const body = JSON.stringify(alert);
      const headers = {
        'content-type': 'application/json',
        [SIGNATURE_HEADER]: signatureOf(body, secret, clock.now()),
      };
      const sign = (): { method: string; url: string; headers: Record<string, string>; body: string } => ({
        method: 'POST',
        url,
        headers,
        body,
      });
      const status = await statusOf(client, pathname + search, sign);
      if (status < 200 || status > 299) throw new Error(`The alert webhook answered with status ${status}.`);
    },
    close: () => client.close(),
  };
}

/** The header that proves who sent the body, and when. */
export function signatureOf(body: string, secret: string, sentAtMs: number): string {
  const mac = createHmac('sha256', secret).update(`${sentAtMs}.${body}`).digest('hex');
  return `t=${sentAtMs},v1=${mac}`;
}

/** A receiver may answer with any text: only its status counts. */
async function statusOf(
  client: RESTClient,
  endpoint: string,
  sign: NonNullable<Parameters<RESTClient['request']>[0]['sign']>,
): Promise<number> {
  try {
    return (await client.request({ method: 'POST', endpoint, sign })).status;
  } catch (error) {
    if (error instanceof TransportError && error.fault === 'UNREADABLE' && error.reply) return error.reply.status;
    throw error;
  }
}
