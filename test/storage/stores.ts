import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { RedisConnection } from '../../src/storage/redis/client';
import type { ExecutionUpdate } from '../../src/domain/order';
import type { OrderRequest, OrderRequestInput } from '../../src/domain/order-request';
import { parseOrderRequest } from '../../src/domain/order-request';
import type { Ledger } from '../../src/ledger/ledger';
import { createLedger } from '../../src/ledger/ledger';
import { openProjections } from '../../src/composition/projections';
import type { Clock } from '../../src/platform/clock';
import { systemClock } from '../../src/platform/clock';
import { noCrashPoint } from '../../src/platform/crash-points';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { createDynamoClient } from '../../src/storage/dynamodb/client';
import { DynamoOrderStore } from '../../src/storage/dynamodb/orders-store';
import { DynamoPositionStore } from '../../src/storage/dynamodb/positions-store';
import { createTables } from '../../src/storage/dynamodb/table-creation';
import type { TableNames } from '../../src/storage/dynamodb/tables';
import { createRedis, redisReady } from '../../src/storage/redis/client';
import type { RedisOrderProjection } from '../../src/storage/redis/order-projection';
import type { RedisPositionProjection } from '../../src/storage/redis/position-projection';
import type { Intent } from '../../src/storage/orders';
import { KeptAlerts } from '../alerts/kept-alerts';
import { restingOrder } from '../stack/resting-order';

/** The stores and one ledger on a real DynamoDB and Redis; tests keep apart by tenant. */
export interface Stores {
  client: DynamoDBDocumentClient;
  tables: TableNames;
  redis: RedisConnection;
  projection: RedisOrderProjection;
  positionProjection: RedisPositionProjection;
  orders: DynamoOrderStore;
  positions: DynamoPositionStore;
  ledger: Ledger;
  /** What the ledgers and projections raised. */
  alerts: KeptAlerts;
  /** A ledger as another process would have it: with no memory of this one's. */
  anotherLedger(crashPoint?: Parameters<typeof createLedger>[0]['crashPoint']): Ledger;
  close(): Promise<void>;
}

export async function openStores(
  {
    dynamodbEndpoint,
    redisUrl,
    tablePrefix = '',
  }: { dynamodbEndpoint: string; redisUrl: string; tablePrefix?: string },
  clock: Clock = systemClock,
): Promise<Stores> {
  const client = createDynamoClient({ region: 'eu-central-1', endpoint: dynamodbEndpoint });
  const redis = createRedis(redisUrl, silentLogger);
  const [tables] = await Promise.all([createTables(client, { prefix: tablePrefix }), redisReady(redis)]);
  const alerts = new KeptAlerts();
  const places = { redis, client, tables };
  const surroundings = { clock, random: systemRandom, logger: silentLogger };
  const { orderProjection: projection, positionProjection } = openProjections(places, { ...surroundings, alerts });
  const parts = { client, tables, projection, positionProjection, alerts, ...surroundings };
  const anotherLedger: Stores['anotherLedger'] = (crashPoint = noCrashPoint) => createLedger({ ...parts, crashPoint });
  return {
    client,
    tables,
    redis,
    projection,
    positionProjection,
    orders: new DynamoOrderStore(parts),
    positions: new DynamoPositionStore(client, tables),
    ledger: anotherLedger(),
    alerts,
    anotherLedger,
    close: async () => {
      client.destroy();
      await redis.quit().catch(() => redis.disconnect());
    },
  };
}

export function freshTenant(): string {
  return `t-${systemRandom.uuid()}`;
}

/** A valid LIMIT order of a tenant; `fields` override. */
export function anOrder(tenantId: string, fields: Partial<OrderRequestInput> = {}): OrderRequest {
  const fixed = { quantity: '1', price: '20000', timestamp: '2026-01-31T12:00:00.000Z' };
  const parsed = parseOrderRequest(restingOrder(tenantId, { ...fixed, ...fields }));
  if (!parsed.ok) throw new Error(`Not a valid order: ${JSON.stringify(parsed.faults)}`);
  return parsed.request;
}

export function anIntent(fields: Partial<Intent> = {}): Intent {
  const clientOrderId = '0'.repeat(32);
  return { token: systemRandom.uuid(), clientOrderId, runId: 'run-1', sendBy: 1_800_000_000_000, ...fields };
}

/** An execution of an order that names it, free of commission; `fields` override. */
export function anExecution(
  order: OrderRequest,
  executionId: string,
  fields: Partial<ExecutionUpdate> = {},
): ExecutionUpdate {
  const { orderId, tenantId, assetId, side, exchangeId = 'BINANCE' } = order;
  return {
    executionId,
    orderId,
    tenantId,
    exchangeOrderId: '77',
    exchangeId,
    assetId,
    side,
    quantity: '0.1',
    price: '20000',
    commission: '0',
    commissionAsset: 'BNB',
    timestamp: '2026-01-31T12:00:01.000Z',
    receivedAt: '2026-01-31T12:00:01.020Z',
    ...fields,
  };
}
