import { inspect } from 'node:util';
import fc from 'fast-check';
import type { SecretPlace } from '../../src/storage/credentials/cipher';
import { decryptCredentials, encryptCredentials } from '../../src/storage/credentials/cipher';
import { LocalCipher } from '../../src/storage/credentials/local-cipher';

const KEY_1 = { id: 'k1', secret: Buffer.alloc(32, 1) };
const KEY_2 = { id: 'k2', secret: Buffer.alloc(32, 2) };
const PLACE: SecretPlace = { tenantId: 'acme', exchangeId: 'BINANCE', field: 'apiSecret' };
const OWNER = { tenantId: 'acme', exchangeId: 'BINANCE' } as const;

describe('encrypted secrets', () => {
  it('open to what they were, whatever text that is', async () => {
    const cipher = new LocalCipher([KEY_1]);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (secret) => {
        expect(await cipher.decrypt(await cipher.encrypt(secret, PLACE), PLACE)).toBe(secret);
      }),
    );
  });

  it('are different each time, and name their format and key', async () => {
    const cipher = new LocalCipher([KEY_1]);
    const [one, two] = [await cipher.encrypt('secret', PLACE), await cipher.encrypt('secret', PLACE)];
    expect(one).not.toBe(two);
    expect(one).toMatch(/^v1\.k1\.[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('do not open at another place: another tenant, exchange or field', async () => {
    const cipher = new LocalCipher([KEY_1]);
    const text = await cipher.encrypt('secret', PLACE);
    const places: Partial<SecretPlace>[] = [{ tenantId: 'other' }, { exchangeId: 'OKX' }, { field: 'apiKey' }];
    for (const place of places) {
      await expect(cipher.decrypt(text, { ...PLACE, ...place })).rejects.toMatchObject({ code: 'CONFIGURATION' });
    }
  });

  it('do not open once a single character is another', async () => {
    const cipher = new LocalCipher([KEY_1]);
    const text = await cipher.encrypt('a secret', PLACE);
    const places = fc.nat({ max: text.length - 1 });
    await fc.assert(
      fc.asyncProperty(places, async (at) => {
        const other = text[at] === 'A' ? 'B' : 'A';
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        // The last character of a base64url part can carry unused bits: then the bytes are the same.
        const opened = await cipher.decrypt(changed, PLACE).catch(() => undefined);
        if (opened !== undefined) expect(sameBytes(changed, text)).toBe(true);
      }),
    );
  });

  it('open after a new key was put in front, and are written with the new one from then on', async () => {
    const text = await new LocalCipher([KEY_1]).encrypt('secret', PLACE);
    const rotated = new LocalCipher([KEY_2, KEY_1]);
    expect(await rotated.decrypt(text, PLACE)).toBe('secret');
    expect(await rotated.encrypt('secret', PLACE)).toMatch(/^v1\.k2\./);
    await expect(new LocalCipher([KEY_2]).decrypt(text, PLACE)).rejects.toThrow(/key k1, which is not among/);
  });

  it('open only with the key whose name they carry', async () => {
    const text = await new LocalCipher([KEY_1]).encrypt('secret', PLACE);
    const impostor = new LocalCipher([{ id: 'k1', secret: KEY_2.secret }]);
    await expect(impostor.decrypt(text, PLACE)).rejects.toThrow(/does not open/);
  });
});

describe('credential keys', () => {
  it('do not show when the cipher is inspected', () => {
    const shown = inspect(new LocalCipher([KEY_1]), { showHidden: true, depth: 9 });
    expect(shown).toBe('LocalCipher(k1)');
  });
});

describe('credentials in the clear', () => {
  const clear = { apiKey: 'the-key', apiSecret: 'the-secret', passphrase: 'the-phrase' };

  it('come back field by field', async () => {
    const cipher = new LocalCipher([KEY_1]);
    const opened = await decryptCredentials(cipher, OWNER, await encryptCredentials(cipher, OWNER, clear));
    expect([opened.apiKey, opened.apiSecret, opened.passphrase]).toEqual(Object.values(clear));
    expect(opened.fixSenderCompId).toBeUndefined();
  });

  it('do not show in JSON, inspection, copies, or texts of what holds them', async () => {
    const cipher = new LocalCipher([KEY_1]);
    const opened = await decryptCredentials(cipher, OWNER, await encryptCredentials(cipher, OWNER, clear));
    const holder = { account: { opened }, copy: { ...opened } };
    const texts = [JSON.stringify(holder), inspect(holder, { showHidden: true, depth: 9 }), `${String(opened)}`];
    for (const secret of Object.values(clear)) expect(texts.join()).not.toContain(secret);
  });
});

function sameBytes(one: string, two: string): boolean {
  const bytes = (text: string) =>
    text.split('.').map((part, index) => (index < 2 ? part : Buffer.from(part, 'base64url').toString('hex')));
  return bytes(one).join() === bytes(two).join();
}
