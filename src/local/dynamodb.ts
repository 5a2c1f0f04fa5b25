import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LocalStackError } from './local-stack-error';
import { DEPENDENCY_PLUGIN, requireMaven } from './maven';
import type { PartDefinition } from './part';
import { answersHttp } from './probes';
import { findProgram, isExecutable, type Environment } from './programs';
import type { PartSurvey } from './survey';
import { cached, runTool, type Workshop } from './workshop';

const VERSION = '2.6.1';
const SQLITE4JAVA_VERSION = '1.0.392';
const JAVA_MAJOR = 17;
const START_LIMIT_MS = 60_000;
const MAIN_CLASS = 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner';

export function dynamodbEndpoint(survey: PartSurvey): string {
  return survey.environment['DYNAMODB_ENDPOINT'] || `http://127.0.0.1:${survey.ports.dynamodb}`;
}

/** DynamoDB Local: it has transactions and TTL. */
export function dynamodbPart(survey: PartSurvey): PartDefinition {
  const endpoint = dynamodbEndpoint(survey);
  const directory = join(survey.directory, 'dynamodb');
  return {
    name: 'dynamodb',
    address: endpoint,
    ...(survey.environment['DYNAMODB_ENDPOINT'] ? { externalVariable: 'DYNAMODB_ENDPOINT' } : {}),
    ports: [{ port: survey.ports.dynamodb, variable: 'DYNAMODB_PORT' }],
    startLimitMs: START_LIMIT_MS,
    logFile: join(survey.directory, 'logs', 'dynamodb.log'),
    directory,
    prepare: async (report) => {
      mkdirSync(directory, { recursive: true });
      const java = await findJava(survey.environment);
      const jars = await fetchJars(survey.workshop(report));
      return { command: java, args: serverArguments(survey, jars, directory), environment: survey.environment };
    },
    probe: async () => void (await answersHttp(endpoint)),
  };
}

function serverArguments(survey: PartSurvey, jars: string, directory: string): string[] {
  return [
    // Half the CPU of the defaults in the first minutes, which is all that a test run has (measured: 2.4 ms, not 4.8 ms, for two writes).
    ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'],
    ...[`-Djava.library.path=${jars}`, '-cp', join(jars, '*'), MAIN_CLASS],
    ...['-sharedDb', '-disableTelemetry', '-port', String(survey.ports.dynamodb)],
    ...(survey.inMemory.includes('dynamodb') ? ['-inMemory'] : ['-dbPath', directory]),
  ];
}

/** @throws LocalStackError when there is none, or it is too old */
export async function findJava(environment: Environment): Promise<string> {
  const home = environment['JAVA_HOME'];
  const candidates = [home ? join(home, 'bin', 'java') : undefined, findProgram('java', environment)];
  const java = candidates.find((path) => path !== undefined && isExecutable(path));
  const advice = `install Java ${JAVA_MAJOR} or newer (java on PATH or JAVA_HOME), or set DYNAMODB_ENDPOINT to a DynamoDB that runs.`;
  if (!java) throw new LocalStackError(`DynamoDB is missing, as there is no Java: ${advice}`);
  const major = await javaMajor(java, environment);
  if (major < JAVA_MAJOR) throw new LocalStackError(`DynamoDB is missing, as ${java} is Java ${major}: ${advice}`);
  return java;
}

/** From `openjdk version "17.0.15" …` on stderr; "1.8.0" is 1, which is too old just the same. */
async function javaMajor(java: string, environment: Environment): Promise<number> {
  const { stderr } = await promisify(execFile)(java, ['-version'], { env: { ...environment } });
  return Number(/version "(\d+)/.exec(stderr)?.[1] ?? JAVA_MAJOR);
}

/** The server with all it runs on, in one directory: jars, and the native SQLite libraries it loads from there. */
function fetchJars(workshop: Workshop): Promise<string> {
  return cached(workshop, {
    name: `dynamodb-local-${VERSION}`,
    doing: `downloading DynamoDB Local ${VERSION} with Maven, once (50 MB)`,
    make: async (partial) => {
      const mvn = requireMaven(workshop.environment, 'DynamoDB', `set DYNAMODB_ENDPOINT to a DynamoDB that runs`);
      writeFileSync(join(partial, 'pom.xml'), projectFile());
      await runTool(workshop, {
        command: mvn,
        args: [
          '-B',
          '-q',
          `${DEPENDENCY_PLUGIN}:copy-dependencies`,
          '-DincludeScope=runtime',
          `-DoutputDirectory=${partial}`,
        ],
        directory: partial,
      });
    },
  });
}

/** The native library for Macs with ARM is not among the server's own dependencies. */
function projectFile(): string {
  const macOnArm = process.platform === 'darwin' && process.arch === 'arm64';
  const native = `<dependency><groupId>io.github.ganadist.sqlite4java</groupId><artifactId>libsqlite4java-osx-aarch64</artifactId><version>${SQLITE4JAVA_VERSION}</version><type>dylib</type></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>exchange-integration</groupId><artifactId>dynamodb-local</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId><version>${VERSION}</version></dependency>
    ${macOnArm ? native : ''}
  </dependencies>
</project>
`;
}
