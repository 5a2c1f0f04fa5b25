import { createDynamoClient } from '../../src/storage/dynamodb/client';
import { createTables } from '../../src/storage/dynamodb/table-creation';
import type { StackAddresses } from '../../src/local/stack';

/** What every test may count on besides the running parts. Called once a run, before the first test. */
export async function prepareStack({ dynamodbEndpoint }: StackAddresses): Promise<void> {
  const client = createDynamoClient({ region: 'eu-central-1', endpoint: dynamodbEndpoint });
  await createTables(client, { prefix: '' });
  client.destroy();
}
