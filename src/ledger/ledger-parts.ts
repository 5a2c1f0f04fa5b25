import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Alerts } from '../alerts/alerts';
import type { Clock } from '../platform/clock';
import type { CrashPoint } from '../platform/crash-points';
import type { Logger } from '../platform/logger';
import type { Random } from '../platform/random';
import type { TableNames } from '../storage/dynamodb/tables';
import type { OrderProjection } from '../storage/order-projection';
import type { PositionProjection } from '../storage/position-projection';

/** What a ledger is made of. */
export interface LedgerParts {
  client: DynamoDBDocumentClient;
  tables: TableNames;
  projection: OrderProjection;
  positionProjection: PositionProjection;
  alerts: Alerts;
  clock: Clock;
  random: Random;
  logger: Logger;
  crashPoint: CrashPoint;
}
