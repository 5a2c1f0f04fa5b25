import type { ExchangeId } from '../domain/exchange';
import type { PositionHistory, PositionState } from '../domain/position';
import type { Page } from './orders';

/** The Positions and PositionHistory tables, for reading; only the ledger writes them. */
export interface PositionStore {
  /** Strongly consistent. */
  get(tenantId: string, assetId: string, exchangeId: ExchangeId): Promise<PositionState | undefined>;
  /** A tenant's positions on one instrument, one an exchange. Strongly consistent. */
  listByAsset(tenantId: string, assetId: string): Promise<PositionState[]>;
  /** All positions of a tenant, or those at one exchange. */
  list(tenantId: string, exchangeId?: ExchangeId, cursor?: string): Promise<Page<PositionState>>;
  /** Changes of a tenant's positions on one instrument, oldest first; ISO instants, both inclusive. */
  history(
    tenantId: string,
    assetId: string,
    startTime: string,
    endTime: string,
    cursor?: string,
  ): Promise<Page<PositionHistory>>;
}
