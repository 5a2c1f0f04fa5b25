import type { TenantSafeguards } from '../domain/safeguards';
import type { Clock } from '../platform/clock';
import type { SafeguardChanges } from '../safeguards/safeguard-changes';
import type { SettingsChanges } from '../safeguards/settings-input';
import { settingsChangesSchema } from '../safeguards/settings-input';
import { HALT_READ_REUSED_MS } from '../safeguards/safeguards-reader';
import type { SafeguardsStore } from '../storage/safeguards';
import { changedBySchema, checkInput, tenantSchema } from './input';

/** The limits that a tenant has set on its own sends. */
export interface SafeguardSettingsManager {
  /** Strongly consistent. */
  get(tenantId: string): Promise<TenantSafeguards>;
  /** A value sets a limit, null switches it off, what is left out stays. Once it has returned it holds. @throws ServiceError INVALID_INPUT with all faults */
  set(tenantId: string, changes: SettingsChanges, changedBy: string): Promise<TenantSafeguards>;
}

export function createSafeguardSettings({
  safeguardsStore,
  safeguardChanges,
  clock,
}: {
  safeguardsStore: SafeguardsStore;
  safeguardChanges: SafeguardChanges;
  clock: Clock;
}): SafeguardSettingsManager {
  return {
    get: async (tenantId) => {
      const tenant = checkInput(tenantSchema, { tenantId }, 'The safeguards');
      return await safeguardsStore.get(tenant.tenantId);
    },
    set: async (tenantId, changes, changedBy) => {
      const who = checkInput(changedBySchema, { tenantId, changedBy }, 'The change of safeguards');
      const checked = checkInput(settingsChangesSchema, changes, 'The change of safeguards');
      const safeguards = await safeguardChanges.set(who.tenantId, checked, who.changedBy);
      await clock.sleep(HALT_READ_REUSED_MS);
      return safeguards;
    },
  };
}
