import type { ExchangeId } from '../domain/exchange';
import type { PositionHistory, PositionState } from '../domain/position';
import type { Page } from './orders';

/** Whose changes: of one position, of an instrument at all exchanges, of all that a tenant has at one, or of everything. */
export interface HistoryScope {
  tenantId: string;
  assetId?: string;
  exchangeId?: ExchangeId;
}

/** A tenant's positions on one instrument, one an exchange. */
export interface InstrumentPositions {
  assetId: string;
  positions: PositionState[];
}

/**
 * The Positions and PositionHistory tables, for reading; only the ledger writes them. With `asOf`, an ISO instant, a
 * position is given as it stood then: after all that had been booked by that instant, itself included. One that had no
 * change by then did not exist.
 */
export interface PositionStore {
  /** Strongly consistent. */
  get(tenantId: string, assetId: string, exchangeId: ExchangeId, asOf?: string): Promise<PositionState | undefined>;
  /** A tenant's positions on one instrument, one an exchange. Strongly consistent. */
  listByAsset(tenantId: string, assetId: string, asOf?: string): Promise<PositionState[]>;
  /** A tenant's positions on all instruments of one base currency, one an instrument and exchange. Strongly consistent. */
  listByBase(tenantId: string, base: string, asOf?: string): Promise<PositionState[]>;
  /** All instruments of a tenant, each with all its positions. Strongly consistent. */
  listInstruments(tenantId: string, cursor?: string, asOf?: string): Promise<Page<InstrumentPositions>>;
  /** All positions of a tenant, or those at one exchange. A page may be short, or empty, while there is a cursor. */
  list(tenantId: string, exchangeId?: ExchangeId, cursor?: string, asOf?: string): Promise<Page<PositionState>>;
  /**
   * Changes in the order of booking, ISO instants, both inclusive; where the scope names no instrument one instrument
   * after the other. A page may be short, or empty, while there is a cursor.
   */
  history(
    scope: HistoryScope,
    range: { startTime: string; endTime: string },
    cursor?: string,
  ): Promise<Page<PositionHistory>>;
}
