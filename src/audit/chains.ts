import { dayOf, genesisHash, recordHash } from '../storage/audit-hash';
import type { AuditRecord, ChainLink } from '../storage/audit-logs';

/** Chains that are gone on with; over it the oldest is left, and its tenant's next record opens another. */
const CHAINS_MAX = 10_000;

interface Chain {
  chainId: string;
  sequence: number;
  hash: string;
}

/** Links this process's records: a chain for each tenant and day, of this process alone. */
export class Chains {
  private readonly chains = new Map<string, Chain>();
  private readonly lost = new Map<string, number>();

  constructor(private readonly newId: () => string) {}

  /** The record in its place. It counts only once `keep` was called: a record that can't be written leaves no gap. */
  link(record: Omit<AuditRecord, keyof ChainLink>): AuditRecord {
    const { chainId, sequence, hash } = this.chainOf(record);
    const lostBefore = this.lost.get(record.tenantId) ?? 0;
    const linked = { ...record, chainId, sequence: sequence + 1, previousHash: hash, lostBefore };
    return { ...linked, hash: recordHash(linked) };
  }

  keep(record: AuditRecord): void {
    const { tenantId, timestamp, chainId, sequence, hash } = record;
    const key = `${tenantId}/${dayOf(timestamp)}`;
    this.chains.delete(key); // put back as the newest
    this.chains.set(key, { chainId, sequence, hash });
    this.lost.delete(tenantId);
    const [oldest] = this.chains.keys();
    if (this.chains.size > CHAINS_MAX && oldest !== undefined) this.chains.delete(oldest);
  }

  /** The record could not be kept: the next one of its tenant says so. */
  lose({ tenantId }: Pick<AuditRecord, 'tenantId'>): void {
    this.lost.set(tenantId, (this.lost.get(tenantId) ?? 0) + 1);
  }

  private chainOf({ tenantId, timestamp }: Pick<AuditRecord, 'tenantId' | 'timestamp'>): Chain {
    const day = dayOf(timestamp);
    const known = this.chains.get(`${tenantId}/${day}`);
    if (known !== undefined) return known;
    const chainId = this.newId();
    return { chainId, sequence: 0, hash: genesisHash(tenantId, day, chainId) };
  }
}
