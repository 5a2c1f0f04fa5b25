import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { Client, Connection } from '@temporalio/client';
import { Redis } from 'ioredis';
import { type StackPartName, stackOptions } from '../../src/local/options';
import { isExecutable } from '../../src/local/programs';
import { reset } from '../../src/local/reset';
import { startStack, type Stack, type StackAddresses } from '../../src/local/stack';
import { writeWorkflowBundle } from '../../workers/bundle';
import { testStackOptions, TYPESCRIPT_ARGUMENTS } from '../stack/options';

const MAIN = join(__dirname, '..', '..', 'src', 'local', 'main.ts');
const ALL_PORTS_FREE = {
  TEMPORAL_PORT: '0',
  TEMPORAL_UI_PORT: '0',
  DYNAMODB_PORT: '0',
  REDIS_PORT: '0',
  SIMULATOR_BINANCE_PORT: '0',
  SIMULATOR_ADMIN_PORT: '0',
};
const COMES_UP_LIMIT_MS = 180_000;

const bundleDirectory = mkdtempSync(join(tmpdir(), 'local-stack-bundle-'));
const bundlePath = join(bundleDirectory, 'workflow-bundle.js');

let directory: string;
let started: Stack[];
let services: ChildProcess[];
let listeners: Server[];

beforeAll(() => writeWorkflowBundle(bundlePath), COMES_UP_LIMIT_MS);
afterAll(() => rmSync(bundleDirectory, { recursive: true }));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'local-stack-'));
  started = [];
  services = [];
  listeners = [];
});

afterEach(async () => {
  await Promise.all(started.map((stack) => stack.stop()));
  for (const service of services) service.kill('SIGKILL');
  for (const listener of listeners) listener.close();
  await eventually(() => processesOf(directory).length === 0);
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

async function start(
  parts: StackPartName[],
  changes: Partial<ReturnType<typeof testStackOptions>> = {},
): Promise<Stack> {
  const stack = await startStack({ ...testStackOptions(directory), parts, ...changes });
  started.push(stack);
  return stack;
}

/** `npm start`, as a process of its own. */
function service(environment: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [...TYPESCRIPT_ARGUMENTS, MAIN], {
    env: {
      ...testStackOptions(directory).environment,
      ...ALL_PORTS_FREE,
      EXCHANGE_INTEGRATION_DIRECTORY: directory,
      WORKFLOW_BUNDLE: bundlePath,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  services.push(child);
  return child;
}

/** The first line of its output that matches. */
async function line(stream: NodeJS.ReadableStream | null, pattern: RegExp): Promise<string> {
  const seen: string[] = [];
  for await (const text of createInterface({ input: stream! })) {
    seen.push(text);
    if (pattern.test(text)) return text;
  }
  throw new Error(`no line matches ${pattern}, but there were:\n${seen.join('\n')}`);
}

/** Every process whose command line or working directory names the path; children of a stack run inside of its directory. */
function processesOf(path: string): string[] {
  const lines = execFileSync('ps', ['-e', '-ww', '-o', 'pid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  const byArguments = lines.filter((text) => text.includes(path) && !/^\s*\d+\s+Z/.test(text));
  return process.platform === 'linux' ? [...byArguments, ...workingIn(path)] : byArguments;
}

function workingIn(path: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      return execFileSync('readlink', [`/proc/${pid}/cwd`], { encoding: 'utf8' }).startsWith(path);
    } catch {
      return false;
    }
  });
}

async function eventually(holds: () => boolean, limitMs = 20_000): Promise<void> {
  const giveUpAt = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > giveUpAt) throw new Error(`not within ${limitMs} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function occupiedPort(): Promise<number> {
  const server = createServer();
  listeners.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

/** An environment whose PATH has these programs and no others, and whose cache is empty. */
function bareEnvironment(...programs: string[]): Record<string, string> {
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  for (const program of programs) {
    const found = (process.env['PATH'] ?? '')
      .split(':')
      .map((folder) => join(folder, program))
      .find(isExecutable);
    symlinkSync(found!, join(bin, program));
  }
  return { PATH: bin, HOME: directory };
}

test(
  'a crash of the service, a restart after it, a second start beside it and a Ctrl-C leave nothing behind and lose nothing',
  async () => {
    const first = service();
    await line(first.stdout, /^Serving/);
    const running = processesOf(directory).length;
    await store(addresses());
    expect(running).toBeGreaterThanOrEqual(4);

    const second = service();
    const [refusal] = await Promise.all([line(second.stderr, /./), once(second, 'exit')]);
    expect(refusal).toContain(`pid ${first.pid}`);
    expect(refusal).toContain('EXCHANGE_INTEGRATION_DIRECTORY');
    expect(second.exitCode).toBe(1);
    expect(processesOf(directory)).toHaveLength(running);

    first.kill('SIGKILL');
    const third = service(); // at once: it waits until the crashed one's parts have ended
    await line(third.stdout, /^Serving/);
    expect(processesOf(directory)).toHaveLength(running);
    await expectStored(addresses());

    third.kill('SIGINT');
    third.kill('SIGINT'); // npm passes on what the terminal has sent as well
    await once(third, 'exit');
    expect(third.exitCode).toBe(0);
    expect(processesOf(directory)).toEqual([]);
    expect(existsSync(join(directory, 'stack.lock'))).toBe(false);
    expect(existsSync(join(directory, 'stack.json'))).toBe(false);
  },
  COMES_UP_LIMIT_MS,
);

test(
  'a crash while the stack comes up leaves nothing running',
  async () => {
    const crashed = service();
    await line(crashed.stdout, /ready in/);
    crashed.kill('SIGKILL');
    await eventually(() => processesOf(directory).length === 0);
  },
  COMES_UP_LIMIT_MS,
);

test('what a part has stored is there after it was killed and started again, and after the stack was', async () => {
  const stack = await start(['redis']);
  await write(stack.redisUrl, 'kept', 'through kill');
  const { pid } = stack.parts.redis!;
  await stack.parts.redis!.kill();
  await stack.parts.redis!.start();
  expect(stack.parts.redis!.pid).not.toBe(pid);
  expect(await read(stack.redisUrl, 'kept')).toBe('through kill');
  await stack.stop();
  expect(await read((await start(['redis'])).redisUrl, 'kept')).toBe('through kill');
});

test('a part that dies by itself is news, with the end of its log', async () => {
  const died = new Promise<string>((resolve) => {
    void start(['redis'], {
      onPart: ({ state, detail }) => (state === 'died' ? resolve(detail) : undefined),
    }).then((stack) => process.kill(stack.parts.redis!.pid!, 'SIGKILL'));
  });
  expect(await died).toMatch(/^killed by SIGKILL: .*Ready to accept connections/);
});

test('a part that dies while it starts says so with the end of its log', async () => {
  mkdirSync(join(directory, 'redis'));
  writeFileSync(join(directory, 'redis', 'appendonly.aof'), 'no redis commands\n'.repeat(3));
  await expect(start(['redis'])).rejects.toThrow(
    /^Redis ended while it was starting \(exit code 1\): .*Bad file format.*redis\.log\)$/s,
  );
});

test('a port in use is said, with the part, who has it, and the variable that changes it', async () => {
  const port = await occupiedPort();
  const ports = { ...testStackOptions(directory).ports, redis: port };
  await expect(start(['redis'], { ports })).rejects.toThrow(
    new RegExp(
      `^Port ${port} for Redis is in use( by pid ${process.pid})?: stop what listens there, or set REDIS_PORT to another port\\.$`,
    ),
  );
});

test('an address in the environment replaces a part, and one that does not answer is said', async () => {
  const stack = await start(['redis']);
  const elsewhere = mkdtempSync(join(directory, 'elsewhere-'));
  const environment = { ...process.env, REDIS_URL: stack.redisUrl };
  const beside = await start(['redis'], { directory: elsewhere, environment });
  expect(beside.redisUrl).toBe(stack.redisUrl);
  expect(beside.parts.redis!.pid).toBeUndefined();
  await beside.stop();
  expect(await read(stack.redisUrl, 'nothing')).toBeNull();

  const port = await occupiedPort();
  listeners.pop()!.close();
  const dead = { ...process.env, REDIS_URL: `redis://:secret@127.0.0.1:${port}` };
  const failure = await start(['redis'], { directory: elsewhere, environment: dead }).catch(
    (error: Error) => error.message,
  );
  expect(failure).toMatch(
    /^Redis does not answer at redis:\/\/\*\*\*@127\.0\.0\.1:\d+, which REDIS_URL names \(.*ECONNREFUSED.*\): .*unset REDIS_URL/,
  );
});

test.each([
  [
    'redis',
    [],
    /^Redis is missing: install Maven \(mvn on PATH\).*, or install redis-server, or set REDIS_URL to one that runs\.$/,
  ],
  ['dynamodb', [], /^DynamoDB is missing, as there is no Java: install Java 17 or newer .*, or set DYNAMODB_ENDPOINT/],
  [
    'dynamodb',
    ['java'],
    /^DynamoDB is missing: install Maven \(mvn on PATH\).*, or set DYNAMODB_ENDPOINT to a DynamoDB that runs\.$/,
  ],
  ['temporal', [], /^Temporal is missing: install its CLI .*, or set TEMPORAL_ADDRESS to a server that runs\.$/],
] as const)(
  '%s missing on a machine with %j gives one line with the ways to get it',
  async (part, programs, message) => {
    const changes = { environment: bareEnvironment(...programs), cacheDirectory: join(directory, 'cache') };
    await expect(start([part], changes)).rejects.toThrow(message);
    expect(locks()).toEqual([]);
  },
);

test('a download that fails leaves nothing that looks complete', async () => {
  const environment = bareEnvironment('sh');
  writeFileSync(join(directory, 'bin', 'mvn'), '#!/bin/sh\necho no network today >&2\nexit 7\n', { mode: 0o755 });
  await expect(start(['redis'], { environment, cacheDirectory: join(directory, 'cache') })).rejects.toThrow(
    /mvn failed with exit code 7: no network today/,
  );
  expect(existsSync(join(directory, 'cache', 'embedded-redis-1.4.3'))).toBe(false);
});

test('reset empties the state, but not while a stack runs in it, and touches nothing else', async () => {
  writeFileSync(join(directory, 'mine.txt'), "not the stack's");
  const stack = await start(['redis']);
  await write(stack.redisUrl, 'kept', 'until reset');
  await expect(reset(testStackOptions(directory))).rejects.toThrow(`pid ${process.pid}`);
  await stack.stop();
  await reset(testStackOptions(directory));
  expect(readdirSync(directory)).toEqual(['mine.txt']);
});

test('a port variable that is no port is refused', () => {
  expect(() => stackOptions({ REDIS_PORT: '6380x' })).toThrow(/^REDIS_PORT is '6380x', which is no port/);
});

/** What a running service says about itself to other processes. */
function addresses(): StackAddresses {
  return JSON.parse(readFileSync(join(directory, 'stack.json'), 'utf8')) as StackAddresses;
}

async function store({ redisUrl, dynamodbEndpoint, temporalAddress }: StackAddresses): Promise<void> {
  await write(redisUrl, 'kept', 'in Redis');
  const key = { AttributeName: 'id' };
  const dynamodb = dynamodbClient(dynamodbEndpoint);
  await dynamodb.send(
    new CreateTableCommand({
      TableName: 'Kept',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ ...key, AttributeType: 'S' }],
      KeySchema: [{ ...key, KeyType: 'HASH' }],
    }),
  );
  await dynamodb.send(new PutItemCommand({ TableName: 'Kept', Item: { id: { S: 'in DynamoDB' } } }));
  dynamodb.destroy();
  await withTemporal(temporalAddress, (client) =>
    client.workflow.start('kept', {
      workflowId: 'in Temporal',
      taskQueue: 'nobody',
      searchAttributes: { TenantId: ['t'] },
    }),
  );
}

async function expectStored({ redisUrl, dynamodbEndpoint, temporalAddress }: StackAddresses): Promise<void> {
  expect(await read(redisUrl, 'kept')).toBe('in Redis');
  const dynamodb = dynamodbClient(dynamodbEndpoint);
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName: 'Kept', Key: { id: { S: 'in DynamoDB' } } }));
  expect(Item).toBeDefined();
  dynamodb.destroy();
  const described = await withTemporal(temporalAddress, (client) =>
    client.workflow.getHandle('in Temporal').describe(),
  );
  expect(described.status.name).toBe('RUNNING');
  expect(described.searchAttributes).toMatchObject({ TenantId: ['t'] });
}

function dynamodbClient(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({
    endpoint,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
}

async function withTemporal<Result>(address: string, ask: (client: Client) => Promise<Result>): Promise<Result> {
  const connection = await Connection.connect({ address });
  try {
    return await ask(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

/** Of downloads that are not over. */
function locks(): string[] {
  const cache = join(directory, 'cache');
  return existsSync(cache) ? readdirSync(cache).filter((name) => name.endsWith('.lock')) : [];
}

async function write(url: string, key: string, value: string): Promise<void> {
  const redis = new Redis(url);
  await redis.set(key, value);
  redis.disconnect();
}

async function read(url: string, key: string): Promise<string | null> {
  const redis = new Redis(url);
  const value = await redis.get(key);
  redis.disconnect();
  return value;
}
