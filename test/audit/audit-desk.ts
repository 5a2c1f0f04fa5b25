import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { AuditService, type AuditServiceParts } from '../../src/audit/audit-service';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { DynamoAuditLogStore } from '../../src/storage/dynamodb/audit-logs-store';
import { createDynamoClient } from '../../src/storage/dynamodb/client';
import { tableNames, type TableNames } from '../../src/storage/dynamodb/tables';
import { KeptAlerts } from '../alerts/kept-alerts';
import type { TestStack } from '../stack/stack';

/** Audit trails on a real table, each with a spool of its own. */
export interface AuditDesk {
  client: DynamoDBDocumentClient;
  tables: TableNames;
  store: DynamoAuditLogStore;
  alerts: KeptAlerts;
  open(parts?: Partial<AuditServiceParts>): AuditService;
  spoolDirectory(): string;
  close(): Promise<void>;
}

export function openAuditDesk({ dynamodbEndpoint }: Pick<TestStack, 'dynamodbEndpoint'>): AuditDesk {
  const client = createDynamoClient({ region: 'eu-central-1', endpoint: dynamodbEndpoint });
  const tables = tableNames('');
  const store = new DynamoAuditLogStore(client, tables);
  const directories: string[] = [];
  const alerts = new KeptAlerts();
  const spoolDirectory = (): string => {
    const directory = mkdtempSync(join(tmpdir(), 'audit-spool-'));
    directories.push(directory);
    return directory;
  };
  return {
    client,
    tables,
    store,
    alerts,
    spoolDirectory,
    open: (parts = {}) =>
      new AuditService({
        store,
        spoolDirectory: parts.spoolDirectory ?? spoolDirectory(),
        clock: systemClock,
        random: systemRandom,
        logger: silentLogger,
        alerts,
        ...parts,
      }),
    close: () => {
      client.destroy();
      for (const directory of directories) rmSync(directory, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}
