import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

interface SignedRequest {
  method: string;
  /** Path with query. */
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=(?<key>[^/]+)\/(?<scope>(?<date>\d{8})\/(?<region>[^/]+)\/(?<service>[^/]+)\/aws4_request), SignedHeaders=(?<signed>[^,]+), Signature=(?<signature>[0-9a-f]{64})$/;

/**
 * Checks AWS Signature Version 4 as AWS documents it, with none of AWS's code.
 * @returns the region and service it was made for
 * @throws Error when it is not the signature of exactly this request by this key
 */
export function checkSignature(
  { method, url, headers, body }: SignedRequest,
  keys: { accessKeyId: string; secretAccessKey: string },
): { region: string; service: string } {
  const parts = AUTHORIZATION.exec(headers.authorization ?? '')?.groups;
  if (parts === undefined) throw new Error(`Not signed: ${headers.authorization}`);
  const { key, scope = '', date = '', region = '', service = '', signed = '', signature } = parts;
  if (key !== keys.accessKeyId) throw new Error(`Signed by ${key}.`);
  for (const name of ['host', 'x-amz-date', 'x-amz-target']) {
    if (!signed.split(';').includes(name)) throw new Error(`${name} is not signed.`);
  }
  const canonicalHeaders = signed.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const [path = '', query = ''] = url.split('?');
  const canonical = [method, path, query, canonicalHeaders.join(''), signed, sha256(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, sha256(canonical)].join('\n');
  const signingKey = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${keys.secretAccessKey}`,
  );
  const expected = createHmac('sha256', signingKey).update(text).digest('hex');
  if (expected !== signature) throw new Error('The signature is not that of this request.');
  return { region, service };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
