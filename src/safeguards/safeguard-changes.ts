import type { AuditTrail, RecordedAct } from '../audit/audit-trail';
import { ServiceError } from '../domain/errors';
import type { Halt, HaltRecord, HaltRelease } from '../domain/halt';
import type { SafeguardSettings, TenantSafeguards } from '../domain/safeguards';
import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import type { SafeguardsStore } from '../storage/safeguards';
import type { SettingsChanges } from './settings-input';

/** Others that may change a tenant's safeguards at the same time before a change gives up. */
const WRITE_ATTEMPTS_MAX = 10;
/** Halts that may stand at once: all of them are read before every send. */
export const HALTS_MAX = 100;

/** A change that is to be made: the next state, and who does what. Without `next` nothing is left to do. */
type Plan<T> =
  | { next: TenantSafeguards; record?: HaltRecord; act: Omit<RecordedAct, 'tenantId'>; result: T }
  | { next?: undefined; result: T };

/** How halts begin and end, and settings change. Each change is conditional on what it changes, so that none is lost. */
export class SafeguardChanges {
  constructor(
    private readonly store: SafeguardsStore,
    private readonly audit: Pick<AuditTrail, 'record'>,
    private readonly clock: Clock,
  ) {}

  /**
   * The halt stands when this returns. Placing it again changes nothing, also after its release.
   * @throws ServiceError INVALID_INPUT when HALTS_MAX halts stand
   */
  async halt(halt: Halt): Promise<HaltRecord> {
    return await this.change(halt.tenantId, async (before) => {
      const known = await this.store.getHalt(halt.tenantId, halt.haltId);
      if (known !== undefined) return { result: known };
      if (before.halts.length >= HALTS_MAX) throw tooManyHalts(halt.tenantId);
      const act = killSwitchAct(halt.haltedBy, 'HALT', halt);
      return { next: { ...before, halts: [...before.halts, halt] }, record: halt, act, result: halt };
    });
  }

  /**
   * Ends a halt for good. @returns its record; unchanged when it had been released before
   * @throws ServiceError HALT_NOT_FOUND, INVALID_INPUT when four eyes are wanted and these are the same
   */
  async release(tenantId: string, haltId: string, release: Omit<HaltRelease, 'releasedAt'>): Promise<HaltRecord> {
    return await this.change(tenantId, async (before) => {
      const known = await this.store.getHalt(tenantId, haltId);
      if (known === undefined) throw new ServiceError('HALT_NOT_FOUND', `Tenant ${tenantId} has no halt ${haltId}.`);
      if (known.release !== undefined) return { result: known };
      if (before.settings.fourEyesRelease === true && known.haltedBy === release.releasedBy) throw sameEyes(known);
      const record = { ...known, release: { ...release, releasedAt: isoTime(this.clock.now()) } };
      const halts = before.halts.filter((halt) => halt.haltId !== haltId);
      const act = killSwitchAct(release.releasedBy, 'RELEASE', record);
      return { next: { ...before, halts }, record, act, result: record };
    });
  }

  /** @throws ServiceError INVALID_INPUT for fourEyesRelease switched off while a halt stands */
  async set(tenantId: string, changes: SettingsChanges, changedBy: string): Promise<TenantSafeguards> {
    return await this.change(tenantId, (before) => {
      if (changes.fourEyesRelease === null && before.settings.fourEyesRelease && before.halts.length > 0)
        throw fourEyesInUse(before);
      const merged = Object.entries({ ...before.settings, ...changes }).filter(([, value]) => value !== null);
      const settings = Object.fromEntries(merged) as SafeguardSettings;
      const next = { ...before, settings, changedBy, changedAt: isoTime(this.clock.now()) };
      const act = {
        operationType: 'CONFIG_CHANGE',
        requestedBy: changedBy,
        request: { what: 'SAFEGUARDS', changes },
        result: settings,
      } as const;
      return Promise.resolve({ next, act, result: { ...next, version: next.version + 1 } });
    });
  }

  private async change<T>(tenantId: string, plan: (before: TenantSafeguards) => Promise<Plan<T>>): Promise<T> {
    for (let attempt = 1; attempt <= WRITE_ATTEMPTS_MAX; attempt++) {
      const before = await this.store.get(tenantId);
      const planned = await plan(before);
      if (planned.next === undefined) return planned.result;
      const next = { ...planned.next, version: before.version + 1 };
      if (!(await this.store.replace(next, planned.record))) continue;
      this.audit.record({ ...planned.act, tenantId });
      return planned.result;
    }
    const what = `The safeguards of ${tenantId} were changed by others ${WRITE_ATTEMPTS_MAX} times in a row.`;
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', what);
  }
}

function killSwitchAct(requestedBy: string, what: 'HALT' | 'RELEASE', halt: HaltRecord): Omit<RecordedAct, 'tenantId'> {
  const { exchangeId } = halt.scope;
  return {
    operationType: 'KILL_SWITCH',
    requestedBy,
    ...(exchangeId !== undefined && { exchangeId }),
    request: { what, halt },
  };
}

function tooManyHalts(tenantId: string): ServiceError {
  const message = `would be halt number ${HALTS_MAX + 1} of ${tenantId}: release some, or halt the whole tenant`;
  return new ServiceError('INVALID_INPUT', `The halt ${message}.`, [{ field: 'scope', message }]);
}

function sameEyes({ haltId, haltedBy }: Halt): ServiceError {
  const message = `must be somebody else than ${haltedBy}, who halted (fourEyesRelease)`;
  return new ServiceError('INVALID_INPUT', `Halt ${haltId} stays: releasedBy ${message}.`, [
    { field: 'releasedBy', message },
  ]);
}

function fourEyesInUse({ tenantId, halts }: TenantSafeguards): ServiceError {
  const message = `can't be switched off while ${halts.length} halts of ${tenantId} stand`;
  return new ServiceError('INVALID_INPUT', `fourEyesRelease ${message}.`, [{ field: 'fourEyesRelease', message }]);
}
