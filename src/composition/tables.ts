import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { checkTables, type TableDifference } from '../storage/dynamodb/table-check';
import { createTables } from '../storage/dynamodb/table-creation';

/** What can be done to the tables as such. */
export interface Tables {
  /** Makes those that are not there yet, and what the others lack. */
  create(): Promise<void>;
  /** Where they are not as they are to be. */
  check(): Promise<TableDifference[]>;
}

export function openTables(client: DynamoDBDocumentClient, prefix: string): Tables {
  return {
    create: async () => void (await createTables(client, { prefix })),
    check: () => checkTables(client, { prefix }),
  };
}
