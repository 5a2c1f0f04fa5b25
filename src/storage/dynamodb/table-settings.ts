import {
  DescribeContinuousBackupsCommand,
  DescribeTimeToLiveCommand,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { TTL_ATTRIBUTE } from './tables';

/** The attribute by which items expire; undefined: they don't. */
export async function readExpiry(client: DynamoDBDocumentClient, TableName: string): Promise<string | undefined> {
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  const { TimeToLiveStatus = 'DISABLED', AttributeName } = TimeToLiveDescription ?? {};
  return TimeToLiveStatus === 'DISABLED' || TimeToLiveStatus === 'DISABLING' ? undefined : AttributeName;
}

export async function enableExpiry(client: DynamoDBDocumentClient, TableName: string): Promise<void> {
  if ((await readExpiry(client, TableName)) !== undefined) return;
  const TimeToLiveSpecification = { AttributeName: TTL_ATTRIBUTE, Enabled: true };
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
}

/** Whether the table can be had back as of an earlier second; undefined where nothing offers that (DynamoDB Local). */
export async function readRecovery(client: DynamoDBDocumentClient, TableName: string): Promise<boolean | undefined> {
  try {
    const { ContinuousBackupsDescription } = await client.send(new DescribeContinuousBackupsCommand({ TableName }));
    return ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === 'ENABLED';
  } catch (error) {
    if (error instanceof Error && error.name === 'UnknownOperationException') return undefined;
    throw error;
  }
}

export async function enableRecovery(client: DynamoDBDocumentClient, TableName: string): Promise<void> {
  if ((await readRecovery(client, TableName)) !== false) return;
  const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
  await client.send(new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }));
}
