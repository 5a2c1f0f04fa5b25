import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { createDataConverter } from '../../src/temporal/data-converter';
import { PayloadEncryption } from '../../src/temporal/payload-encryption';

const aKey = (id: string): { id: string; secret: Buffer } => ({ id, secret: randomBytes(32) });
const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = (payload: Payload | undefined): unknown => defaultPayloadConverter.fromPayload(payload as Payload);

test('what is encrypted comes back as it was, and shows none of itself', async () => {
  const encryption = new PayloadEncryption([aKey('k1')]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), async (values) => {
      const clear = values.map((value) => payloadOf({ marker: 'very-secret', value }));
      const encrypted = await encryption.encode(clear);
      for (const { data } of encrypted) expect(Buffer.from(data ?? []).includes('very-secret')).toBe(false);
      const decrypted = await encryption.decode(encrypted);
      expect(decrypted.map(valueOf)).toEqual(clear.map(valueOf));
    }),
  );
});

test('the same payload is never encrypted to the same bytes', async () => {
  const encryption = new PayloadEncryption([aKey('k1')]);
  const [one, other] = await encryption.encode([payloadOf(1), payloadOf(1)]);
  expect(one?.data).not.toEqual(other?.data);
});

test('a new key encrypts, and what old keys and none have written stays readable', async () => {
  const [old, fresh] = [aKey('2025'), aKey('2026')];
  const [written] = await new PayloadEncryption([old]).encode([payloadOf('then')]);
  const both = new PayloadEncryption([fresh, old]);
  const [now] = await both.encode([payloadOf('now')]);
  expect(Buffer.from(now?.metadata?.['encryption-key-id'] ?? []).toString()).toBe('2026');
  expect((await both.decode([written!, now!, payloadOf('in clear')])).map(valueOf)).toEqual([
    'then',
    'now',
    'in clear',
  ]);
});

test('a key that is missing, another key under its id, and an altered payload are told apart from data', async () => {
  const [payload] = await new PayloadEncryption([aKey('k1')]).encode([payloadOf('x')]);
  const altered = { ...payload, data: Buffer.from(payload?.data ?? []).fill(0, 12) };
  const decode = (id: string, what: Payload): Promise<Payload[]> => new PayloadEncryption([aKey(id)]).decode([what]);
  await expect(decode('k2', payload!)).rejects.toThrow(/encrypted with key k1; PAYLOAD_ENCRYPTION_KEY has k2/);
  await expect(decode('k1', payload!)).rejects.toThrow(/can't be decrypted with key k1/);
  await expect(decode('k1', altered)).rejects.toMatchObject({ code: 'CONFIGURATION' });
});

test('without keys nothing is converted', () => {
  expect(createDataConverter([])).toEqual({});
});
