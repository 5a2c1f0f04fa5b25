import { createHash } from 'node:crypto';
import { dayHashWith, emptyDayHash } from '../storage/audit-hash';
import type { AuditRecord, ChainHead, DayManifest } from '../storage/audit-logs';
import { type AuditFault, ChainCheck } from './chain-check';

/** What a day is verified against: the manifest and the heads of its chains. */
export interface DaySeal {
  manifest: DayManifest;
  heads: ChainHead[];
}

export interface Verification {
  tenantId: string;
  day: string;
  records: number;
  chains: number;
  /** Stored, linked, and not yet counted by their chain's head: of a process at work, or of one that died. */
  beyondHeads: number;
  /** Records that could not be kept when they were made; their chains say so. */
  lost: number;
  faults: AuditFault[];
  /**
   * SHA-256 over all heads. Whoever notes it elsewhere once the day is over can prove later that nobody, not even the
   * owner of the table, made the day anew.
   */
  digest: string;
}

/** Checks a day's records one by one, without keeping them. */
export class DayVerification {
  private readonly checks: ReadonlyMap<string, ChainCheck>;
  private readonly strangers: AuditFault[] = [];
  /** Seen so far. */
  records = 0;

  constructor(private readonly seal: DaySeal) {
    const { manifest, heads } = seal;
    const { tenantId, day } = manifest;
    this.checks = new Map(heads.map((head) => [head.chainId, new ChainCheck(tenantId, day, head)]));
  }

  add(record: AuditRecord): void {
    this.records += 1;
    const { chainId = '', sequence, logId } = record;
    const check = this.checks.get(chainId);
    if (check !== undefined) return check.add(record);
    const message = `no chain of this day has it (chain ${JSON.stringify(chainId)})`;
    this.strangers.push({ kind: 'INSERTED', chainId, sequence, logId, message });
  }

  finish(): Verification {
    const { manifest, heads } = this.seal;
    const checks = [...this.checks.values()];
    const beyondHeads = checks.reduce((sum, check) => sum + check.finish(), 0);
    return {
      tenantId: manifest.tenantId,
      day: manifest.day,
      records: this.records,
      chains: heads.length,
      beyondHeads,
      lost: checks.reduce((sum, { lost }) => sum + lost, 0),
      faults: [...manifestFaults(this.seal), ...this.strangers, ...checks.flatMap(({ faults }) => faults)],
      digest: digestOf(heads),
    };
  }
}

/** Whether the heads are those, all those and only those, that the manifest counts. */
function manifestFaults({ manifest, heads }: DaySeal): AuditFault[] {
  const { tenantId, day } = manifest;
  const faults: AuditFault[] = [];
  for (let number = 1; number <= manifest.chains; number++) {
    if (heads.some((head) => head.number === number)) continue;
    faults.push({ kind: 'MISSING', chainId: `number ${number}`, message: 'the head of this chain is not there' });
  }
  const hash = heads.reduce((before, { chainId }) => dayHashWith(before, chainId), emptyDayHash(tenantId, day));
  if (faults.length === 0 && hash !== manifest.hash) {
    const message = 'the chains of this day are not those that were opened';
    faults.push({ kind: 'CHANGED', chainId: 'all', message });
  }
  return faults;
}

function digestOf(heads: readonly ChainHead[]): string {
  const fields = heads.map(({ number, chainId, sequence, hash }) => [number, chainId, sequence, hash]);
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}
