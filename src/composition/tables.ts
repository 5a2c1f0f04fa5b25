import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Clock } from '../platform/clock';
import { checkTables, type TableDifference } from '../storage/dynamodb/table-check';
import { createTables } from '../storage/dynamodb/table-creation';
import { migrateTables, type TableMigration } from '../storage/dynamodb/table-migration';

/** What can be done to the tables as such. */
export interface Tables {
  /** Makes those that are not there yet, and what the others lack. */
  create(): Promise<void>;
  /** Where they are not as they are to be. */
  check(): Promise<TableDifference[]>;
  /** Brings items of older forms to today's, with so many capacity units a second. */
  migrate(unitsPerSecond: number): Promise<TableMigration[]>;
}

export function openTables(client: DynamoDBDocumentClient, prefix: string, clock: Clock): Tables {
  return {
    create: async () => void (await createTables(client, { prefix })),
    check: () => checkTables(client, { prefix }),
    migrate: (unitsPerSecond) => migrateTables(client, clock, { prefix, unitsPerSecond }),
  };
}
