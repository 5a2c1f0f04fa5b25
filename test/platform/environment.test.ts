import { randomBytes } from 'node:crypto';
import { ServiceError } from '../../src/domain/errors';
import { parseEnvironment } from '../../src/platform/environment';

const KEY = randomBytes(32).toString('base64');

function faultsOf(environment: Record<string, string>): ServiceError {
  try {
    parseEnvironment(environment);
  } catch (error) {
    if (error instanceof ServiceError) return error;
  }
  throw new Error('The environment was accepted.');
}

test('an empty environment means the embedded stack', () => {
  expect(parseEnvironment({})).toEqual({
    temporal: {},
    dynamodb: { region: 'eu-central-1', endpoint: 'http://127.0.0.1:8300', tablePrefix: '' },
    redisUrl: 'redis://127.0.0.1:6380',
    auditSpoolDirectory: '.exchange-integration/audit',
    simulatedAllowed: false,
    simulatedWaits: {},
    credentialsKeys: [],
    payloadKeys: [],
    inactivePatches: [],
    alerts: {},
    metrics: {},
    logLevel: 'info',
  });
});

test('waits can be shortened where simulated exchanges are allowed, and nowhere else', () => {
  const SIMULATED_WAITS = '{"sendWindowMs": 500}';
  expect(parseEnvironment({ SIMULATED_WAITS, ALLOW_SIMULATED: '1' }).simulatedWaits).toEqual({ sendWindowMs: 500 });
  for (const ALLOW_SIMULATED of ['', '0', 'false']) {
    expect(faultsOf({ SIMULATED_WAITS, ALLOW_SIMULATED }).faults).toEqual([
      { field: 'SIMULATED_WAITS', message: 'is for simulated exchanges (ALLOW_SIMULATED=1) only' },
    ]);
  }
  for (const wrong of ['500', '{"sendWindowMs": 0}', '{"sleepMs": 5}', '{'])
    expect(faultsOf({ SIMULATED_WAITS: wrong, ALLOW_SIMULATED: '1' }).faults).toHaveLength(1);
});

test('a spool has an owner of its own where that is named, with a name that can be part of a file', () => {
  expect(parseEnvironment({ AUDIT_SPOOL_OWNER: 'orders-0' }).auditSpoolOwner).toBe('orders-0');
  for (const AUDIT_SPOOL_OWNER of ['a~b', '../a', 'a b']) {
    const message = `must be 1 to 64 characters of A-Z a-z 0-9 _ -, got "${AUDIT_SPOOL_OWNER}"`;
    expect(faultsOf({ AUDIT_SPOOL_OWNER }).faults).toEqual([{ field: 'AUDIT_SPOOL_OWNER', message }]);
  }
});

test('the number of processes that share the limits is a whole number from 1 on', () => {
  expect(parseEnvironment({ RATE_LIMIT_WORKERS_MAX: '40' }).rateLimitWorkersMax).toBe(40);
  for (const wrong of ['0', '-1', '1.5', '16 ', 'many', '10000']) {
    const { faults } = faultsOf({ RATE_LIMIT_WORKERS_MAX: wrong });
    expect(faults.map(({ field }) => field)).toEqual(['RATE_LIMIT_WORKERS_MAX']);
  }
});

test('a region without an endpoint means the tables of AWS', () => {
  const { dynamodb } = parseEnvironment({ AWS_REGION: 'us-east-1', TABLE_PREFIX: 'desk-' });
  expect(dynamodb).toEqual({ region: 'us-east-1', tablePrefix: 'desk-' });
});

test('an empty variable counts as absent', () => {
  expect(parseEnvironment({ DYNAMODB_ENDPOINT: '', LOG_LEVEL: '' })).toEqual(parseEnvironment({}));
});

test('keys come with their ids, the one that encrypts first', () => {
  const old = randomBytes(32).toString('base64');
  const { payloadKeys, credentialsKeys } = parseEnvironment({
    PAYLOAD_ENCRYPTION_KEY: `2026:${KEY}, 2025:${old}`,
    CREDENTIALS_KEY: KEY,
  });
  expect(payloadKeys).toEqual([
    { id: '2026', secret: Buffer.from(KEY, 'base64') },
    { id: '2025', secret: Buffer.from(old, 'base64') },
  ]);
  expect(credentialsKeys.map(({ id }) => id)).toEqual(['default']);
});

test('keys that can not be used are refused, without being shown', () => {
  const short = Buffer.alloc(16, 7).toString('base64');
  for (const keys of [short, `old:${short}`, `a.b:${KEY}`, `a:${KEY},a:${KEY}`]) {
    const { faults, message } = faultsOf({ CREDENTIALS_KEY: keys });
    expect(faults.map(({ field }) => field)).toEqual(['CREDENTIALS_KEY']);
    expect(message).not.toContain(short);
    expect(message).not.toContain(KEY);
  }
});

test('Redis is one server, or several nodes of a cluster', () => {
  const url = 'rediss://u:p@one.example:6379, rediss://two.example:6379';
  expect(parseEnvironment({ REDIS_URL: url }).redisUrl).toBe(url);
  expect(faultsOf({ REDIS_URL: `${url},three.example` }).faults.map(({ field }) => field)).toEqual(['REDIS_URL']);
});

test("all that concerns Temporal is left to Temporal's own configuration", () => {
  const temporal = { TEMPORAL_ADDRESS: 'cloud.example:7233', TEMPORAL_PROFILE: 'prod', TEMPORAL_API_KEY: 'k' };
  expect(parseEnvironment({ ...temporal, HOME: '/root' }).temporal).toEqual(temporal);
});

test('all faults are told in one error, secrets not among them', () => {
  const error = faultsOf({
    TEMPORAL_ADDRESS: 'nowhere',
    DYNAMODB_ENDPOINT: 'localhost:8300',
    REDIS_URL: 'http://:pass@host',
    ALLOW_SIMULATED: 'yes',
    CREDENTIALS_KEY: 'short-secret',
    PAYLOAD_ENCRYPTION_KEY: `a:${KEY},a:${KEY}`,
    LOG_LEVEL: 'loud',
  });
  expect(error.code).toBe('CONFIGURATION');
  expect(error.faults.map(({ field }) => field).sort()).toEqual([
    'ALLOW_SIMULATED',
    'CREDENTIALS_KEY',
    'DYNAMODB_ENDPOINT',
    'LOG_LEVEL',
    'PAYLOAD_ENCRYPTION_KEY',
    'REDIS_URL',
    'TEMPORAL_ADDRESS',
  ]);
  expect(error.message).toContain(
    'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, got "loud"',
  );
  for (const secret of ['short-secret', KEY, 'pass']) expect(error.message).not.toContain(secret);
});

describe('alerts', () => {
  const topic = 'arn:aws:sns:us-east-1:123456789012:alerts';
  const hook = { ALERT_WEBHOOK_URL: 'https://alerts.example/hook', ALERT_WEBHOOK_SECRET: 'sixteen characters' };

  test('go where the environment says, SNS in the region of its topic', () => {
    expect(
      parseEnvironment({ ...hook, ALERT_SNS_TOPIC_ARN: topic, SNS_ENDPOINT: 'http://127.0.0.1:4566' }).alerts,
    ).toEqual({
      webhook: { url: hook.ALERT_WEBHOOK_URL, secret: hook.ALERT_WEBHOOK_SECRET },
      sns: { topicArn: topic, region: 'us-east-1', endpoint: 'http://127.0.0.1:4566' },
    });
  });

  test.each([
    [
      'a webhook without TLS',
      { ...hook, ALERT_WEBHOOK_URL: 'http://alerts.example/?token=sesame' },
      'ALERT_WEBHOOK_URL',
    ],
    ['a password in the address', { ...hook, ALERT_WEBHOOK_URL: 'https://u:sesame@x.example' }, 'ALERT_WEBHOOK_URL'],
    ['a short secret', { ...hook, ALERT_WEBHOOK_SECRET: 'sesame' }, 'ALERT_WEBHOOK_SECRET'],
    ['a webhook without a secret', { ALERT_WEBHOOK_URL: hook.ALERT_WEBHOOK_URL }, 'ALERT_WEBHOOK_SECRET'],
    ['a FIFO topic', { ALERT_SNS_TOPIC_ARN: `${topic}.fifo` }, 'ALERT_SNS_TOPIC_ARN'],
    ['an endpoint without a topic', { SNS_ENDPOINT: 'http://127.0.0.1:4566' }, 'ALERT_SNS_TOPIC_ARN'],
  ])('%s is refused without showing it', (_, environment, field) => {
    const { faults, message } = faultsOf(environment);
    expect(faults.map((fault) => fault.field)).toEqual([field]);
    expect(message).not.toContain('sesame');
  });

  test('a webhook on this machine needs no TLS', () => {
    const url = 'http://127.0.0.1:9000/';
    expect(parseEnvironment({ ...hook, ALERT_WEBHOOK_URL: url }).alerts.webhook?.url).toBe(url);
  });
});
