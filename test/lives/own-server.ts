import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { findJava } from '../../src/local/dynamodb';
import { DEPENDENCY_PLUGIN, requireMaven } from '../../src/local/maven';
import { findCli } from '../../src/local/temporal';
import { cached, runTool, type Workshop } from '../../src/local/workshop';
import { SEARCH_ATTRIBUTES } from '../../workflows/order/contract';
import { inWorkshop } from '../stack/test-workshop';
import { addSearchAttributes } from '../temporal/namespace';

const TEST_SERVER_VERSION = '1.31.0';

/** A dev server that asks workflows to continue as new after as few events as a test can wait for. */
export async function startDevServer(eventsAsked: number): Promise<TestWorkflowEnvironment> {
  const path = await inWorkshop('Temporal', findCli);
  const settings = [
    `limit.historyCount.suggestContinueAsNew=${eventsAsked}`,
    'history.transferProcessorMaxPollRPS=2000',
    'history.timerProcessorMaxPollRPS=2000',
  ];
  return await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      searchAttributes: Object.values(SEARCH_ATTRIBUTES),
      extraArgs: settings.flatMap((setting) => ['--dynamic-config-value', setting]),
    },
    client: { identity: 'test' },
  });
}

/** A server in which time passes as fast as workflows let it: days of waiting take no time. */
export async function startTimeSkippingServer(): Promise<TestWorkflowEnvironment> {
  const path = await inWorkshop('Temporal test server', fetchTestServer);
  const server = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await addSearchAttributes({ name: server.namespace ?? 'default', connection: server.connection });
  return server;
}

async function fetchTestServer(workshop: Workshop): Promise<string> {
  const java = await findJava(workshop.environment);
  const directory = await cached(workshop, {
    name: `temporal-test-server-${TEST_SERVER_VERSION}`,
    doing: `downloading Temporal's test server ${TEST_SERVER_VERSION} with Maven, once (40 MB)`,
    make: (partial) => downloadTestServer(workshop, java, partial),
  });
  return join(directory, 'temporal-test-server');
}

async function downloadTestServer(workshop: Workshop, java: string, partial: string): Promise<void> {
  const mvn = requireMaven(workshop.environment, 'Temporal’s test server', 'leave out the tests that skip time');
  writeFileSync(join(partial, 'pom.xml'), projectFile());
  const goal = [`${DEPENDENCY_PLUGIN}:copy-dependencies`, '-DincludeScope=runtime', `-DoutputDirectory=${partial}`];
  await runTool(workshop, { command: mvn, args: ['-B', '-q', ...goal], directory: partial });
  const script = join(partial, 'temporal-test-server');
  const start = `exec "${java}" -XX:TieredStopAtLevel=1 -cp "$(dirname "$0")/*" io.temporal.testserver.TestServer "$@"`;
  writeFileSync(script, `#!/bin/sh\n${start}\n`);
  chmodSync(script, 0o755);
}

function projectFile(): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>exchange-integration</groupId><artifactId>temporal-test-server</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${TEST_SERVER_VERSION}</version></dependency>
  </dependencies>
</project>
`;
}
