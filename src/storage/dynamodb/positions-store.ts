import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { ServiceError } from '../../domain/errors';
import type { ExchangeId } from '../../domain/exchange';
import type { PositionHistory, PositionState } from '../../domain/position';
import type { Page } from '../orders';
import type { HistoryScope, InstrumentPositions, PositionStore } from '../positions';
import { answered } from './answered';
import { positionExchangeKey, positionKey, type PositionRef } from './keys';
import { encodeCursor } from './page-cursor';
import { historyPage } from './position-history';
import { positionOf } from './position-item';
import { asOfInstant } from './positions-as-of';
import { sortedPage, type SortedRange } from './sorted-page';
import { EXCHANGE_INDEX, POSITION_SORT_KEY, type TableNames } from './tables';

/** Quotes and exchanges are few: more than these would be no desk's. */
const POSITIONS_OF_BASE_MAX = 1_000;

/** The Positions and PositionHistory tables as a PositionStore. */
export class DynamoPositionStore implements PositionStore {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tables: TableNames,
  ) {}

  async get(
    tenantId: string,
    assetId: string,
    exchangeId: ExchangeId,
    asOf?: string,
  ): Promise<PositionState | undefined> {
    const position = await readPosition(this.client, this.tables, { tenantId, assetId, exchangeId });
    const [found] = await this.asOf(position === undefined ? [] : [position], asOf);
    return found;
  }

  async listByAsset(tenantId: string, assetId: string, asOf?: string): Promise<PositionState[]> {
    const range = { ...this.all(tenantId), from: `${assetId}#`, to: `${assetId}#~` };
    const { items } = await sortedPage(this.client, range);
    return await this.asOf(items.map(positionOf), asOf);
  }

  async listByBase(tenantId: string, base: string, asOf?: string): Promise<PositionState[]> {
    const range = { ...this.all(tenantId), from: `${base}/`, to: `${base}/~`, limit: POSITIONS_OF_BASE_MAX };
    const { items, cursor } = await sortedPage(this.client, range);
    if (cursor === undefined) return await this.asOf(items.map(positionOf), asOf);
    throw new ServiceError('UNSUPPORTED', `${tenantId} has more than ${items.length} positions on ${base}.`);
  }

  async listInstruments(tenantId: string, cursor?: string, asOf?: string): Promise<Page<InstrumentPositions>> {
    const { items, ...rest } = await sortedPage(this.client, this.all(tenantId), cursor);
    const positions = items.map(positionOf);
    // The last instrument may go on on the next page, so it is left to that. A page has room for every exchange.
    const last = rest.cursor === undefined ? undefined : positions.at(-1)?.assetId;
    const whole = await this.asOf(
      positions.filter(({ assetId }) => assetId !== last),
      asOf,
    );
    const assetIds = [...new Set(whole.map(({ assetId }) => assetId))];
    const instruments = assetIds.map((assetId) => ({
      assetId,
      positions: whole.filter((position) => position.assetId === assetId),
    }));
    return { items: instruments, ...(last !== undefined && { cursor: encodeCursor(`${last}#`) }) };
  }

  async list(tenantId: string, exchangeId?: ExchangeId, cursor?: string, asOf?: string): Promise<Page<PositionState>> {
    const range = exchangeId === undefined ? this.all(tenantId) : this.allAt(tenantId, exchangeId);
    const { items, ...rest } = await sortedPage(this.client, range, cursor);
    return { items: await this.asOf(items.map(positionOf), asOf), ...rest };
  }

  history(
    scope: HistoryScope,
    range: { startTime: string; endTime: string },
    cursor?: string,
  ): Promise<Page<PositionHistory>> {
    return historyPage({ client: this.client, tables: this.tables }, scope, range, cursor);
  }

  private all(tenantId: string): SortedRange {
    const TableName = this.tables.positions;
    return {
      TableName,
      ConsistentRead: true,
      partition: ['tenantId', tenantId],
      sort: POSITION_SORT_KEY,
      from: '!',
      to: '~',
    };
  }

  private allAt(tenantId: string, exchangeId: ExchangeId): SortedRange {
    return {
      TableName: this.tables.positions,
      IndexName: EXCHANGE_INDEX,
      partition: ['exchangeKey', positionExchangeKey(tenantId, exchangeId)],
      sort: 'assetId',
      from: '!',
      to: '~',
    };
  }

  private async asOf(positions: PositionState[], asOf: string | undefined): Promise<PositionState[]> {
    if (asOf === undefined) return positions;
    const store = { client: this.client, tables: this.tables };
    const then = await Promise.all(positions.map((position) => asOfInstant(store, position, asOf)));
    return then.filter((position) => position !== undefined);
  }
}

/** One position, strongly consistent. */
export async function readPosition(
  client: DynamoDBDocumentClient,
  tables: TableNames,
  ref: PositionRef,
): Promise<PositionState | undefined> {
  const command = new GetCommand({ TableName: tables.positions, Key: positionKey(ref), ConsistentRead: true });
  const { Item } = await answered(`reading position ${ref.assetId} at ${ref.exchangeId}`, client.send(command));
  return Item && positionOf(Item);
}
