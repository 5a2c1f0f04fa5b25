import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ServiceError } from '../../domain/errors';
import type { ExchangeId } from '../../domain/exchange';
import { isOrderId } from '../../domain/ids';
import type { OrderState } from '../../domain/order';
import type { OrderRequest } from '../../domain/order-request';
import { differingFields } from '../../domain/order-request';
import type { LifecycleChange } from '../../domain/order-lifecycle';
import { advance } from '../../domain/order-lifecycle';
import { newOrderState } from '../../domain/order-state';
import type { Clock } from '../../platform/clock';
import { isoTime } from '../../platform/clock';
import type { OrderProjection } from '../order-projection';
import type { Intent, IntentClaim, OrderRecord, OrderStore } from '../orders';
import { answered } from './answered';
import { listFills } from './order-fills';
import { orderItemOf } from './order-item';
import { listOrders } from './order-list';
import { findOrderId, readOrder } from './order-lookup';
import { orderUpdate } from './order-update';
import type { TableNames } from './tables';

/** Each attempt but the last met another writer's success in between: more than a few in a row is a fault. */
const WRITE_ATTEMPTS_MAX = 10;

export interface OrderStoreParts {
  client: DynamoDBDocumentClient;
  tables: TableNames;
  projection: OrderProjection;
  clock: Clock;
}

/** The Orders table as an OrderStore. */
export class DynamoOrderStore implements OrderStore {
  constructor(private readonly parts: OrderStoreParts) {}

  async claimIntent(request: OrderRequest, intent: Intent, replaces?: string): Promise<IntentClaim> {
    const fresh = { state: newOrderState(request, this.now()), intent };
    // Its next state follows within moments, and readers who find none in Redis read the record.
    if (await this.create(fresh)) return { claim: 'claimed', record: fresh };
    for (let attempt = 1; attempt <= WRITE_ATTEMPTS_MAX; attempt++) {
      const record = await this.demand(request.tenantId, request.orderId);
      const met = standingOf(record, request);
      if (met === 'unsent' || (met.claim === 'inDoubt' && met.record.intent.token === replaces)) {
        if (await this.placeIntent(record, intent)) return { claim: 'claimed', record: { ...record, intent } };
      } else if (met.claim === 'inDoubt' && met.record.intent.token === intent.token) {
        return { claim: 'claimed', record }; // our own put, whose reply was lost
      } else return met;
    }
    throw contention(request.orderId, 'declaring a send');
  }

  async withdrawIntent(tenantId: string, orderId: string, token: string): Promise<void> {
    await this.conditionally(`taking back the intent of order ${orderId}`, () =>
      this.parts.client.send(
        new UpdateCommand({
          TableName: this.parts.tables.orders,
          Key: { tenantId, orderId },
          UpdateExpression: 'REMOVE intent',
          ConditionExpression: 'intent.#token = :token',
          ExpressionAttributeNames: { '#token': 'token' },
          ExpressionAttributeValues: { ':token': token },
        }),
      ),
    );
  }

  async recordDenied(
    request: OrderRequest,
    change: LifecycleChange,
  ): Promise<Exclude<IntentClaim, { claim: 'claimed' }>> {
    const at = this.now();
    const state = advance(newOrderState(request, at), change, at);
    if (await this.create({ state })) {
      this.project(state);
      return { claim: 'recorded', record: { state } };
    }
    for (let attempt = 1; attempt <= WRITE_ATTEMPTS_MAX; attempt++) {
      const record = await this.demand(request.tenantId, request.orderId);
      const met = standingOf(record, request);
      if (met !== 'unsent') return met;
      const next = advance(record.state, change, at);
      const written = await this.write(record.state, next, { onlyWithoutIntent: true });
      if (written) return { claim: 'recorded', record: { state: next } };
    }
    throw contention(request.orderId, 'recording a denial');
  }

  async recordLifecycle(
    tenantId: string,
    orderId: string,
    change: LifecycleChange,
    known?: OrderRecord,
  ): Promise<OrderState> {
    let record = known ?? (await this.demand(tenantId, orderId));
    for (let attempt = 1; attempt <= WRITE_ATTEMPTS_MAX; attempt++) {
      const { state, intent } = record;
      const next = advance(state, change, this.now());
      const clearIntent = intent !== undefined && isAnswer(change);
      const written = next !== state || clearIntent;
      if (written && (await this.write(state, next, { clearIntent: isAnswer(change) }))) return next;
      if (!written && (record !== known || attempt > 1)) return state;
      record = await this.demand(tenantId, orderId);
    }
    throw contention(orderId, 'recording a step');
  }

  async recordRefusal(
    tenantId: string,
    orderId: string,
    change: LifecycleChange,
    { token, known }: { token: string; known: OrderRecord },
  ): Promise<OrderState> {
    let record = known;
    for (let attempt = 1; attempt <= WRITE_ATTEMPTS_MAX; attempt++) {
      const { state, intent } = record;
      if (intent?.token !== token) return state;
      const next = advance(state, change, this.now());
      if (await this.write(state, next, { clearIntent: true, onlyUnder: token })) return next;
      record = await this.demand(tenantId, orderId);
    }
    throw contention(orderId, 'recording a refusal');
  }

  async get(tenantId: string, orderId: string): Promise<OrderRecord | undefined> {
    return isOrderId(orderId) ? await readOrder(this.parts, { tenantId, orderId }) : undefined;
  }

  async findByExchangeOrderId(
    tenantId: string,
    exchangeId: ExchangeId,
    assetId: string,
    exchangeOrderId: string,
  ): Promise<OrderState | undefined> {
    const orderId = await findOrderId(this.parts, { tenantId, exchangeId, assetId, exchangeOrderId });
    return orderId === undefined ? undefined : (await this.get(tenantId, orderId))?.state;
  }

  list: OrderStore['list'] = (tenantId, filters, cursor) => listOrders(this.parts, tenantId, filters, cursor);

  listFills: OrderStore['listFills'] = async (tenantId, orderId, cursor) => {
    const { state } = await this.demand(tenantId, orderId);
    return listFills(this.parts, state, cursor);
  };

  private now(): string {
    return isoTime(this.parts.clock.now());
  }

  private async demand(tenantId: string, orderId: string): Promise<OrderRecord> {
    const record = await this.get(tenantId, orderId);
    if (record) return record;
    throw new ServiceError('ORDER_NOT_FOUND', `Tenant ${tenantId} has no order ${orderId}.`);
  }

  private create(record: OrderRecord): Promise<boolean> {
    const { orderId } = record.state.request;
    return this.conditionally(`creating order ${orderId}`, () =>
      this.parts.client.send(
        new PutCommand({
          TableName: this.parts.tables.orders,
          Item: orderItemOf(record),
          ConditionExpression: 'attribute_not_exists(orderId)',
        }),
      ),
    );
  }

  /** Puts an intent in the place of the one that was read, or of none, on an order that is otherwise as it was read. */
  private placeIntent({ state, intent: before }: OrderRecord, intent: Intent): Promise<boolean> {
    const { tenantId, orderId } = state.request;
    const place = before === undefined ? 'attribute_not_exists(intent)' : 'intent.#token = :before';
    return this.conditionally(`declaring a send of order ${orderId}`, () =>
      this.parts.client.send(
        new UpdateCommand({
          TableName: this.parts.tables.orders,
          Key: { tenantId, orderId },
          UpdateExpression: 'SET intent = :intent',
          ConditionExpression: `${place} AND lifecycleVersion = :lifecycleVersion AND ledgerVersion = :ledgerVersion`,
          ...(before !== undefined && { ExpressionAttributeNames: { '#token': 'token' } }),
          ExpressionAttributeValues: {
            ':intent': intent,
            ':lifecycleVersion': state.lifecycle.version,
            ':ledgerVersion': state.ledger.version,
            ...(before !== undefined && { ':before': before.token }),
          },
        }),
      ),
    );
  }

  private async write(
    before: OrderState,
    after: OrderState,
    options: { clearIntent?: boolean; onlyWithoutIntent?: boolean; onlyUnder?: string },
  ): Promise<boolean> {
    const update = orderUpdate(before, after, options.clearIntent);
    if (options.onlyWithoutIntent) update.ConditionExpression += ' AND attribute_not_exists(intent)';
    if (options.onlyUnder !== undefined) {
      update.ConditionExpression += ' AND intent.#token = :token';
      update.ExpressionAttributeNames['#token'] = 'token';
      update.ExpressionAttributeValues[':token'] = options.onlyUnder;
    }
    const written = await this.conditionally(`recording a step of order ${before.request.orderId}`, () =>
      this.parts.client.send(new UpdateCommand({ TableName: this.parts.tables.orders, ...update })),
    );
    if (written) this.project(after);
    return written;
  }

  /** Not waited for: the order's next step comes first, and a projection that comes late is discarded by its version. */
  private project(state: OrderState): void {
    void this.parts.projection.project([state]);
  }

  /** Whether a conditional write took place. */
  private async conditionally(doing: string, write: () => Promise<unknown>): Promise<boolean> {
    try {
      await answered(doing, write());
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

/** What an existing record means for a request under its key; `unsent`: nothing can have reached the exchange. */
function standingOf(record: OrderRecord, request: OrderRequest): 'unsent' | Exclude<IntentClaim, { claim: 'claimed' }> {
  const faults = differingFields(record.state.request, request);
  if (faults.length > 0) return { claim: 'conflict', record, faults };
  const { lifecycle, ledger } = record.state;
  const { intent } = record;
  if (lifecycle.phase !== 'PENDING' || lifecycle.exchangeOrderId !== undefined) return { claim: 'recorded', record };
  if (intent !== undefined) return { claim: 'inDoubt', record: { ...record, intent } };
  return ledger.fillCount > 0 ? { claim: 'recorded', record } : 'unsent';
}

/** The change carries the exchange's answer to a send, or the order's end. */
function isAnswer({ phase, exchangeOrderId }: LifecycleChange): boolean {
  return exchangeOrderId !== undefined || (phase !== undefined && phase !== 'PENDING');
}

function contention(orderId: string, doing: string): ServiceError {
  const what = `Order ${orderId} was changed by others ${WRITE_ATTEMPTS_MAX} times in a row while ${doing}.`;
  return new ServiceError('DEPENDENCY_UNAVAILABLE', what);
}
