import fc from 'fast-check';
import { payloadText, PAYLOAD_CHARACTERS_MAX } from '../../src/audit/payload';
import { REDACTED, redactors } from '../../src/audit/redaction';

const secret = (): fc.Arbitrary<string> => fc.string({ minLength: 6, maxLength: 40 });
/** The ways in which a secret may come along inside a text. */
const carried = (value: string): fc.Arbitrary<unknown> => {
  const forms = [value, encodeURIComponent(value), Buffer.from(value).toString('base64'), JSON.stringify({ value })];
  const text = fc.tuple(fc.string(), fc.constantFrom(...forms), fc.string()).map((parts) => parts.join(''));
  const leaf = fc.oneof(text, fc.integer(), fc.constant(null));
  return fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree')),
      fc.dictionary(fc.oneof(fc.string(), text), tie('tree')),
    ),
  })).tree;
};

test('a known secret is found wherever it stands, in every form in which it is sent', () => {
  const data = secret().chain((value) => fc.tuple(fc.constant(value), carried(value)));
  fc.assert(
    fc.property(data, ([value, payload]) => {
      const clean = JSON.stringify(redactors([value])().redact(payload));
      const json = JSON.stringify(value).slice(1, -1);
      for (const form of [json, encodeURIComponent(value), Buffer.from(value).toString('base64')]) {
        if (!REDACTED.includes(form)) expect(clean).not.toContain(form);
      }
    }),
    { numRuns: 300 },
  );
});

test('what stands under a secret name is a secret everywhere else in the same payload', () => {
  const { redact } = redactors()();
  const payload = {
    echo: 'you signed abc123def',
    body: { Signature: 'abc123def', 'X-MBX-APIKEY': 'k', nested: [{ api_secret: 'xyz' }], 'CB-ACCESS-SIGN': 's' },
    symbol: 'BTCUSDT',
  };
  expect(redact(payload)).toEqual({
    echo: `you signed ${REDACTED}`,
    body: {
      Signature: REDACTED,
      'X-MBX-APIKEY': REDACTED,
      nested: [{ api_secret: REDACTED }],
      'CB-ACCESS-SIGN': REDACTED,
    },
    symbol: 'BTCUSDT',
  });
});

test('a short secret is replaced where it is the whole text, and nothing is torn apart by chance', () => {
  const { redact } = redactors(['BTC'])();
  expect(redact({ a: 'BTC', b: 'BTCUSDT' })).toEqual({ a: REDACTED, b: 'BTCUSDT' });
});

test('ordinary payloads stay as they are', () => {
  const payload = {
    symbol: 'BTCUSDT',
    newClientOrderId: 'x',
    price: '1',
    fills: [{ tradeId: 1, commissionAsset: 'BNB' }],
  };
  expect(redactors(['not in it'])().redact(payload)).toEqual(payload);
});

test('a payload that is too large keeps its beginning, its length and its digest', () => {
  const payload = { text: 'é'.repeat(PAYLOAD_CHARACTERS_MAX) };
  const cut = JSON.parse(payloadText(payload)) as object;
  const head = JSON.stringify(payload).slice(0, PAYLOAD_CHARACTERS_MAX);
  expect(cut).toEqual({
    cut: true,
    characters: PAYLOAD_CHARACTERS_MAX + 11,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    head,
  });
  expect(JSON.parse(payloadText({ small: 1 }))).toEqual({ small: 1 });
});
