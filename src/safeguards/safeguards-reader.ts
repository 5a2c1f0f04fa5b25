import { withinLimit } from '../connections/time-limit';
import type { TenantSafeguards } from '../domain/safeguards';
import type { Clock } from '../platform/clock';
import { SharedReads } from '../platform/shared-reads';
import type { SafeguardsStore } from '../storage/safeguards';

/** A read may clear further orders while it is younger than this, so that each still has the rest of the validity to be sent in. */
export const HALT_READ_REUSED_MS = 1_000;
const READ_LIMIT_MS = 1_500;
const TENANTS_KEPT_MAX = 10_000;

/** A tenant's safeguards as they were at some moment since `beganAtMs`. */
export interface Reading {
  safeguards: TenantSafeguards;
  beganAtMs: number;
}

/** Reads each tenant's safeguards as often as it must and no more: once a second while orders come. */
export class SafeguardsReader {
  private readonly reads = new SharedReads<Reading>();
  private readonly kept = new Map<string, Reading>();

  constructor(
    private readonly store: Pick<SafeguardsStore, 'get'>,
    private readonly clock: Clock,
  ) {}

  /** @throws ServiceError when they can't be read: then nobody is cleared */
  async read(tenantId: string): Promise<Reading> {
    const kept = this.kept.get(tenantId);
    if (kept !== undefined && this.isYoung(kept)) return kept;
    const fresh = await this.reads.read(tenantId, async () => {
      const beganAtMs = this.clock.now();
      const what = `Reading the safeguards of ${tenantId}`;
      const safeguards = await withinLimit(this.clock, READ_LIMIT_MS, what, this.store.get(tenantId));
      return { safeguards, beganAtMs };
    });
    if (this.kept.size >= TENANTS_KEPT_MAX) this.kept.clear();
    this.kept.set(tenantId, fresh);
    return fresh;
  }

  /** A clock that was set back makes a read look as if it came from the future: then it is none. */
  private isYoung({ beganAtMs }: Reading): boolean {
    const ageMs = this.clock.now() - beganAtMs;
    return ageMs >= 0 && ageMs < HALT_READ_REUSED_MS;
  }
}
