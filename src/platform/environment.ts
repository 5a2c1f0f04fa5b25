import { z } from 'zod';
import type { Fault } from '../domain/errors';
import { describeFaults, ServiceError } from '../domain/errors';
import { isLoopback } from './loopback';
import { readSimulatedWaits, type SimulatedWaits } from './simulated-waits';

/** Environment variables as a process has them. Only entry points read `process.env`; everything else is handed this. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** An AES-256 key and the name that ciphertexts carry to say which key they need. */
export interface EncryptionKey {
  id: string;
  /** 32 bytes. */
  secret: Buffer;
}

export interface WebhookSettings {
  url: string;
  /** Shared with the receiver, for the signature. */
  secret: string;
}

export interface SnsSettings {
  topicArn: string;
  /** The topic's. */
  region: string;
  /** Absent: AWS's own endpoint of the region. */
  endpoint?: string;
}

/** Where alerts go besides the log. */
export interface AlertSettings {
  webhook?: WebhookSettings;
  sns?: SnsSettings;
}

/** Where measures go; without any of it nothing is measured. */
export interface MetricsSettings {
  /** Where a worker serves `/metrics`. */
  address?: { host: string; port: number };
  /** Where the Temporal SDK serves its own, as host:port. */
  temporalAddress?: string;
  timestream?: { database: string; region: string; endpoint?: string };
}

/** What the service is told by its environment, checked. */
export interface Settings {
  /** All TEMPORAL_* variables, read by Temporal's own environment configuration (address, namespace, profile, TLS). */
  temporal: Readonly<Record<string, string>>;
  dynamodb: {
    region: string;
    /** Absent: AWS's own endpoint of the region. */
    endpoint?: string;
    tablePrefix: string;
  };
  /** Of one server, or of nodes of a cluster, separated by commas. */
  redisUrl: string;
  /** How many processes may call exchanges at once, all of them counted; absent: as the rate limits have it. */
  rateLimitWorkersMax?: number;
  /** Whether simulated exchanges on loopback may be registered and used. */
  simulatedAllowed: boolean;
  /** Shorter waits for trading at simulated exchanges; empty wherever those aren't allowed. */
  simulatedWaits: SimulatedWaits;
  /** For exchange credentials at rest. The first encrypts, all decrypt; empty: nothing can be registered. */
  credentialsKeys: EncryptionKey[];
  /** Where the audit trail's spool is: on a disk that outlives the process. */
  auditSpoolDirectory: string;
  /** Whose spool it is, where the host's name does not outlive the process. */
  auditSpoolOwner?: string;
  /** For workflow payloads. The first encrypts, all decrypt; empty: payloads are in clear. */
  payloadKeys: EncryptionKey[];
  /** Patches of the workflows that workers know and take no order through that has not gone through them yet. */
  inactivePatches: string[];
  alerts: AlertSettings;
  metrics: MetricsSettings;
  /** Where a worker says whether it lives and is ready. */
  healthAddress?: { host: string; port: number };
  logLevel: string;
}

export const DEVELOPMENT_DEFAULTS = {
  TEMPORAL_ADDRESS: '127.0.0.1:7233',
  TEMPORAL_NAMESPACE: 'default',
  DYNAMODB_ENDPOINT: 'http://127.0.0.1:8300',
  AWS_REGION: 'eu-central-1',
  REDIS_URL: 'redis://127.0.0.1:6380',
  AUDIT_SPOOL_DIRECTORY: '.exchange-integration/audit',
} as const;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const KEY_BYTES = 32;
const KEY_LIST_ENTRY = /^(?:(?<id>[A-Za-z0-9_-]{1,64}):)?(?<secret>[A-Za-z0-9+/_-]+=*)$/;
const UNNAMED_KEY_ID = 'default';
const TOPIC_ARN = /^arn:aws[a-z-]*:sns:(?<region>[a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}$/;
const WEBHOOK_SECRET_LENGTH_MIN = 16;

const httpUrl = z
  .string()
  .refine((value) => ['http:', 'https:'].includes(protocolOf(value)), 'must be a URL like http://127.0.0.1:8300');
const redisUrl = z
  .string()
  .refine(
    (value) => value.split(',').every((node) => ['redis:', 'rediss:'].includes(protocolOf(node.trim()))),
    'must be a URL like redis://127.0.0.1:6380, or those of several nodes of a cluster, separated by commas',
  );
const hostAndPort = z.string().regex(/^[^\s/:]+:\d{1,5}$/, 'must be host:port, like 127.0.0.1:9464');
const webhookUrl = z
  .string()
  .refine(
    isSafeWebhook,
    'must be a URL like https://alerts.example/hook (http on this machine only), without user or password',
  );
const flag = z.enum(['0', '1', 'true', 'false'], 'must be 1 or 0');
const simulatedWaits = z.string().transform((text, context): SimulatedWaits => {
  const read = readSimulatedWaits(text);
  if ('waits' in read) return read.waits;
  context.addIssue({ code: 'custom', message: read.problem });
  return z.NEVER;
});
const keyList = z
  .string()
  .refine(
    (value) => keyTexts(value).every(isKeyText),
    `must be base64 of ${KEY_BYTES} bytes, or "id:base64", several separated by commas`,
  )
  .refine(
    (value) => new Set(keysOf(value).map(({ id }) => id)).size === keyTexts(value).length,
    'must give each key an id of its own',
  );

/** An empty variable counts as absent, as in shells and compose files. */
const variables = z.object({
  TEMPORAL_ADDRESS: hostAndPort.optional(),
  DYNAMODB_ENDPOINT: httpUrl.optional(),
  AWS_REGION: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'must be a region like eu-central-1')
    .optional(),
  TABLE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{0,128}$/, 'must be of A-Z a-z 0-9 _ . -')
    .optional(),
  REDIS_URL: redisUrl.optional(),
  RATE_LIMIT_WORKERS_MAX: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, 'must be a whole number from 1 to 9999')
    .optional(),
  ALLOW_SIMULATED: flag.optional(),
  SIMULATED_WAITS: simulatedWaits.optional(),
  AUDIT_SPOOL_DIRECTORY: z.string().optional(),
  AUDIT_SPOOL_OWNER: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 characters of A-Z a-z 0-9 _ -')
    .optional(),
  CREDENTIALS_KEY: keyList.optional(),
  PAYLOAD_ENCRYPTION_KEY: keyList.optional(),
  INACTIVE_PATCHES: z
    .string()
    .regex(/^[a-z0-9-]+(?:,[a-z0-9-]+)*$/, 'must be ids of patches, separated by commas')
    .optional(),
  ALERT_WEBHOOK_URL: webhookUrl.optional(),
  ALERT_WEBHOOK_SECRET: z
    .string()
    .min(WEBHOOK_SECRET_LENGTH_MIN, `must be at least ${WEBHOOK_SECRET_LENGTH_MIN} characters`)
    .optional(),
  ALERT_SNS_TOPIC_ARN: z
    .string()
    .regex(TOPIC_ARN, 'must be the ARN of a standard topic, like arn:aws:sns:eu-central-1:123456789012:alerts')
    .optional(),
  SNS_ENDPOINT: httpUrl.optional(),
  METRICS_ADDRESS: hostAndPort.optional(),
  HEALTH_ADDRESS: hostAndPort.optional(),
  TEMPORAL_METRICS_ADDRESS: hostAndPort.optional(),
  TIMESTREAM_DATABASE: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{3,256}$/, "must be a database's name, 3 to 256 characters of A-Z a-z 0-9 _ . -")
    .optional(),
  TIMESTREAM_ENDPOINT: httpUrl.optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).optional(),
});
type Variables = z.output<typeof variables>;

/** Values of these never show up in a fault. */
const SECRET_VARIABLES: ReadonlySet<string> = new Set([
  'CREDENTIALS_KEY',
  'PAYLOAD_ENCRYPTION_KEY',
  'REDIS_URL',
  'ALERT_WEBHOOK_URL',
  'ALERT_WEBHOOK_SECRET',
]);

/** Each of these means nothing without the other. */
const PAIRS = [
  { given: 'ALERT_WEBHOOK_URL', missing: 'ALERT_WEBHOOK_SECRET' },
  { given: 'ALERT_WEBHOOK_SECRET', missing: 'ALERT_WEBHOOK_URL' },
  { given: 'SNS_ENDPOINT', missing: 'ALERT_SNS_TOPIC_ARN' },
  { given: 'TIMESTREAM_ENDPOINT', missing: 'TIMESTREAM_DATABASE' },
] as const;

/**
 * Reads the service's settings. What is left out points at the embedded stack on this machine; with AWS_REGION set and
 * no DYNAMODB_ENDPOINT, tables are AWS's.
 * @throws ServiceError CONFIGURATION with all faults
 */
export function parseEnvironment(environment: Environment): Settings {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = variables.safeParse(given);
  const faults = [
    ...(parsed.error?.issues ?? []).map((issue) => faultOf(issue, given)),
    ...pairFaults(given),
    ...waitFaults(given),
  ];
  if (!parsed.success || faults.length > 0) throw configurationError(faults);
  return settingsOf(parsed.data, given as Record<string, string>);
}

function settingsOf(data: Variables, given: Record<string, string>): Settings {
  const { AWS_REGION: region } = data;
  const endpoint =
    data.DYNAMODB_ENDPOINT ?? (region === undefined ? DEVELOPMENT_DEFAULTS.DYNAMODB_ENDPOINT : undefined);
  return {
    temporal: Object.fromEntries(Object.entries(given).filter(([name]) => name.startsWith('TEMPORAL_'))),
    dynamodb: {
      region: region ?? DEVELOPMENT_DEFAULTS.AWS_REGION,
      ...(endpoint !== undefined && { endpoint }),
      tablePrefix: data.TABLE_PREFIX ?? '',
    },
    redisUrl: data.REDIS_URL ?? DEVELOPMENT_DEFAULTS.REDIS_URL,
    ...(data.RATE_LIMIT_WORKERS_MAX !== undefined && { rateLimitWorkersMax: Number(data.RATE_LIMIT_WORKERS_MAX) }),
    simulatedAllowed: isSwitchedOn(data.ALLOW_SIMULATED),
    simulatedWaits: data.SIMULATED_WAITS ?? {},
    auditSpoolDirectory: data.AUDIT_SPOOL_DIRECTORY ?? DEVELOPMENT_DEFAULTS.AUDIT_SPOOL_DIRECTORY,
    ...(data.AUDIT_SPOOL_OWNER !== undefined && { auditSpoolOwner: data.AUDIT_SPOOL_OWNER }),
    credentialsKeys: keysOf(data.CREDENTIALS_KEY ?? ''),
    payloadKeys: keysOf(data.PAYLOAD_ENCRYPTION_KEY ?? ''),
    inactivePatches: data.INACTIVE_PATCHES?.split(',') ?? [],
    alerts: alertSettingsOf(data),
    metrics: metricsSettingsOf(data),
    ...(data.HEALTH_ADDRESS !== undefined && { healthAddress: addressOf(data.HEALTH_ADDRESS) }),
    logLevel: data.LOG_LEVEL ?? 'info',
  };
}

function alertSettingsOf(data: Variables): AlertSettings {
  const { ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_SECRET: secret, ALERT_SNS_TOPIC_ARN: topicArn } = data;
  const region = TOPIC_ARN.exec(topicArn ?? '')?.groups?.['region'];
  const endpoint = data.SNS_ENDPOINT;
  return {
    ...(url !== undefined && secret !== undefined && { webhook: { url, secret } }),
    ...(topicArn !== undefined &&
      region !== undefined && { sns: { topicArn, region, ...(endpoint !== undefined && { endpoint }) } }),
  };
}

function addressOf(text: string): { host: string; port: number } {
  const [host = '', port] = text.split(':');
  return { host, port: Number(port) };
}

function metricsSettingsOf(data: Variables): MetricsSettings {
  const { METRICS_ADDRESS: address, TEMPORAL_METRICS_ADDRESS: temporalAddress, TIMESTREAM_DATABASE: database } = data;
  const region = data.AWS_REGION ?? DEVELOPMENT_DEFAULTS.AWS_REGION;
  const endpoint = data.TIMESTREAM_ENDPOINT;
  return {
    ...(address !== undefined && { address: addressOf(address) }),
    ...(temporalAddress !== undefined && { temporalAddress }),
    ...(database !== undefined && { timestream: { database, region, ...(endpoint !== undefined && { endpoint }) } }),
  };
}

function pairFaults(given: Record<string, string | undefined>): Fault[] {
  return PAIRS.filter((pair) => given[pair.given] !== undefined && given[pair.missing] === undefined).map((pair) => ({
    field: pair.missing,
    message: `is required with ${pair.given}`,
  }));
}

/** Production waits as it must. */
function waitFaults({ SIMULATED_WAITS, ALLOW_SIMULATED }: Record<string, string | undefined>): Fault[] {
  if (SIMULATED_WAITS === undefined || isSwitchedOn(ALLOW_SIMULATED)) return [];
  return [{ field: 'SIMULATED_WAITS', message: 'is for simulated exchanges (ALLOW_SIMULATED=1) only' }];
}

function isSwitchedOn(flagText: string | undefined): boolean {
  return flagText === '1' || flagText === 'true';
}

function configurationError(faults: Fault[]): ServiceError {
  return new ServiceError('CONFIGURATION', `The environment is not usable: ${describeFaults(faults)}`, faults);
}

function faultOf({ path, message }: z.core.$ZodIssue, given: Record<string, string | undefined>): Fault {
  const field = path.join('.');
  return { field, message: SECRET_VARIABLES.has(field) ? message : `${message}, got ${JSON.stringify(given[field])}` };
}

function keyTexts(list: string): string[] {
  return list
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

function isKeyText(text: string): boolean {
  const secret = KEY_LIST_ENTRY.exec(text)?.groups?.['secret'];
  return secret !== undefined && Buffer.from(secret, 'base64').length === KEY_BYTES;
}

function keysOf(list: string): EncryptionKey[] {
  return keyTexts(list).map((text) => {
    const { id = UNNAMED_KEY_ID, secret = '' } = KEY_LIST_ENTRY.exec(text)?.groups ?? {};
    return { id, secret: Buffer.from(secret, 'base64') };
  });
}

function isSafeWebhook(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password } = new URL(value);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

function protocolOf(value: string): string {
  return URL.canParse(value) ? new URL(value).protocol : '';
}
