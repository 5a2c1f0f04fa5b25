import { chmodSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { LocalStackError } from './local-stack-error';
import { DEPENDENCY_PLUGIN, requireMaven } from './maven';
import type { PartDefinition } from './part';
import { findProgram } from './programs';
import type { PartSurvey } from './survey';
import { cached, runTool, type Workshop } from './workshop';

const EMBEDDED_VERSION = '1.4.3';
const START_LIMIT_MS = 20_000;
const PROBE_LIMIT_MS = 2_000;
/** The client waits that long for the end of a connection that was refused. */
const HANG_UP_LIMIT_MS = 50;

export function redisUrl(survey: PartSurvey): string {
  return survey.environment['REDIS_URL'] || `redis://127.0.0.1:${survey.ports.redis}`;
}

/** redis-server; what is written is kept in an append-only file. */
export function redisPart(survey: PartSurvey): PartDefinition {
  const url = redisUrl(survey);
  const directory = join(survey.directory, 'redis');
  return {
    name: 'redis',
    address: withoutPassword(url),
    ...(survey.environment['REDIS_URL'] ? { externalVariable: 'REDIS_URL' } : {}),
    ports: [{ port: survey.ports.redis, variable: 'REDIS_PORT' }],
    startLimitMs: START_LIMIT_MS,
    logFile: join(survey.directory, 'logs', 'redis.log'),
    directory,
    prepare: async (report) => {
      mkdirSync(directory, { recursive: true });
      const command = await findServer(survey.workshop(report));
      return { command, args: serverArguments(survey, directory), environment: survey.environment };
    },
    probe: () => ping(url.split(',')[0] ?? url),
  };
}

/** The redis-server of this machine, else one that is downloaded once. */
export async function findServer(workshop: Workshop): Promise<string> {
  return findProgram('redis-server', workshop.environment) ?? (await fetchServer(workshop));
}

function serverArguments(survey: PartSurvey, directory: string): string[] {
  return [
    ...['--bind', '127.0.0.1', '--port', String(survey.ports.redis)],
    ...['--dir', directory, '--appendonly', 'yes', '--save', ''],
  ];
}

async function ping(url: string): Promise<void> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: PROBE_LIMIT_MS,
    disconnectTimeout: HANG_UP_LIMIT_MS,
  });
  let reason: Error | undefined;
  redis.on('error', (error: Error) => (reason = error));
  try {
    AbortSignal.timeout(PROBE_LIMIT_MS).addEventListener('abort', () => redis.disconnect());
    await redis.connect();
    await redis.ping();
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/,]*@/g, '//***@');
}

/** The server binary that a Maven artifact carries for Linux and macOS: 6.2. */
async function fetchServer(workshop: Workshop): Promise<string> {
  const directory = await cached(workshop, {
    name: `embedded-redis-${EMBEDDED_VERSION}`,
    doing: `downloading Redis with Maven, once (25 MB)`,
    make: (partial) => unpackServer(workshop, partial),
  });
  return join(directory, 'redis-server');
}

async function unpackServer(workshop: Workshop, partial: string): Promise<void> {
  const mvn = requireMaven(workshop.environment, 'Redis', 'install redis-server, or set REDIS_URL to one that runs');
  const pattern = `redis-server-*-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  await runTool(workshop, {
    command: mvn,
    args: [
      ...[
        '-B',
        '-q',
        `${DEPENDENCY_PLUGIN}:unpack`,
        `-Dartifact=com.github.codemonstur:embedded-redis:${EMBEDDED_VERSION}`,
      ],
      ...[`-Dmdep.unpack.includes=${pattern}`, `-DoutputDirectory=${partial}`, `-DmarkersDirectory=${partial}`],
    ],
    directory: partial,
  });
  const binary = readdirSync(partial).find((name) => name.startsWith('redis-server-'));
  if (!binary) {
    throw new LocalStackError(
      `Redis is missing: the download has no ${pattern}; install redis-server (on PATH), or set REDIS_URL to one that runs.`,
    );
  }
  renameSync(join(partial, binary), join(partial, 'redis-server'));
  chmodSync(join(partial, 'redis-server'), 0o755);
}
