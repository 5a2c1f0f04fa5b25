import type { HaltRecord } from '../domain/halt';
import type { TenantSafeguards } from '../domain/safeguards';
import type { Page } from './orders';

/** Halts and settings of each tenant, in the ExchangeConfigs table. */
export interface SafeguardsStore {
  /** Strongly consistent: what was written before this call is seen by it. */
  get(tenantId: string): Promise<TenantSafeguards>;
  /**
   * Writes the next version, and in the same transaction the record of a halt that begins or ends with it.
   * False, and nothing written, when another writer was faster.
   */
  replace(next: TenantSafeguards, halt?: HaltRecord): Promise<boolean>;
  /** Strongly consistent. */
  getHalt(tenantId: string, haltId: string): Promise<HaltRecord | undefined>;
  /** All halts that ever were, by their ids, the latest first. */
  listHalts(tenantId: string, cursor?: string): Promise<Page<HaltRecord>>;
}
