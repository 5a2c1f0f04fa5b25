import fc from 'fast-check';
import { openAuditDesk, type AuditDesk } from '../audit/audit-desk';
import { testStack } from '../stack/stack';
import { freshTenant } from '../storage/stores';

const SOH = '\u0001';
const RUNS = 100;

let desk: AuditDesk;
beforeAll(() => {
  desk = openAuditDesk(testStack());
});
afterAll(() => desk.close());

const tag = (): fc.Arbitrary<number> =>
  fc.integer({ min: 1, max: 9_999 }).filter((number) => ![89, 96, 554, 925, 1402, 1404].includes(number));
const value = (): fc.Arbitrary<string> =>
  fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes(SOH));
const field = (): fc.Arbitrary<string> => fc.tuple(tag(), value()).map(([number, text]) => `${number}=${text}`);
const message = (): fc.Arbitrary<{ direction: 'SENT' | 'RECEIVED'; raw: string; atMs: number }> =>
  fc.record({
    direction: fc.constantFrom('SENT', 'RECEIVED'),
    raw: fc
      .array(field(), { minLength: 1, maxLength: 40 })
      .map((fields) => `8=FIXT.1.1${SOH}${fields.join(SOH)}${SOH}`),
    atMs: fc.integer({ min: Date.now() - 86_400_000, max: Date.now() }),
  });

test('Property 15: every FIX message is kept raw, with its time and its direction', async () => {
  const tenantId = freshTenant();
  const trail = desk.open();
  const messages = fc.sample(message(), RUNS);
  for (const { direction, raw, atMs } of messages)
    trail.logFixMessage({ tenantId, exchangeId: 'COINBASE', direction, raw, atMs });
  await trail.close();
  const kept = await trail.getAuditLogs(tenantId, { operationType: 'FIX_MESSAGE', exchangeId: 'COINBASE' });
  const read = kept.map(({ requestPayload, responsePayload, timestamp }) => ({
    ...((requestPayload ?? responsePayload) as { direction: string; raw: string }),
    atMs: Date.parse(timestamp),
  }));
  const byText = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  const inOrder = messages.map(({ direction, raw, atMs }) => ({ direction, raw, atMs })).sort(byText);
  expect(read.sort(byText)).toEqual(inOrder);
  expect(
    kept.every(({ requestPayload, responsePayload }) => (requestPayload === null) !== (responsePayload === null)),
  ).toBe(true);
});

test('Property 15: a logon is kept without its secrets, its other fields as they are', async () => {
  const tenantId = freshTenant();
  const trail = desk.open();
  const secrets = ['api-key-0123', 'api-secret-4567', 'passphrase-89'];
  trail.observe({ tenantId, exchangeId: 'COINBASE', secrets, failureOf: () => undefined });
  const raw = [
    '8=FIXT.1.1',
    '35=A',
    '49=api-key-0123',
    '553=api-key-0123',
    '554=passphrase-89',
    '95=4',
    '96=sIgN',
    '10=000',
    '',
  ].join(SOH);
  trail.logFixMessage({ tenantId, exchangeId: 'COINBASE', direction: 'SENT', raw, atMs: Date.now() });
  await trail.close();
  const [entry] = await trail.getAuditLogs(tenantId);
  const kept = (entry?.requestPayload as { raw: string }).raw.split(SOH);
  const gone = '[redacted]';
  expect(kept).toEqual([
    '8=FIXT.1.1',
    '35=A',
    `49=${gone}`,
    `553=${gone}`,
    `554=${gone}`,
    '95=4',
    `96=${gone}`,
    '10=000',
    '',
  ]);
});
