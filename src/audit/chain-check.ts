import { genesisHash, recordHash } from '../storage/audit-hash';
import type { AuditRecord, ChainHead } from '../storage/audit-logs';

/** One thing that is wrong with a day's records. */
export interface AuditFault {
  kind: 'CHANGED' | 'MISSING' | 'INSERTED';
  chainId: string;
  /** Absent where the chain as a whole is meant. */
  sequence?: number;
  /** Absent where the record is not there to say. */
  logId?: string;
  message: string;
}

interface Link {
  previousHash: string;
  hash: string;
  logId: string;
}

/**
 * Follows one chain. Records may come in any order: they are stored by the time of their call, and a chain is in the
 * order in which calls ended.
 */
export class ChainCheck {
  readonly faults: AuditFault[] = [];
  /** Records that were lost before they could be linked, as their successors say. */
  lost = 0;
  private next = 1;
  private before: Pick<Link, 'hash'> & Partial<Link>;
  private readonly waiting = new Map<number, Link>();

  constructor(
    tenantId: string,
    day: string,
    private readonly head: ChainHead,
  ) {
    this.before = { hash: genesisHash(tenantId, day, head.chainId) };
  }

  add(record: AuditRecord): void {
    const { sequence, previousHash, hash, logId, lostBefore } = record;
    if (recordHash(record) !== hash) {
      this.report({ kind: 'CHANGED', sequence, logId, message: 'its content is not what its hash was made of' });
    }
    if (sequence < this.next || this.waiting.has(sequence)) {
      this.report({ kind: 'INSERTED', sequence, logId, message: 'another record stands at this place of the chain' });
      return;
    }
    this.lost += lostBefore;
    this.waiting.set(sequence, { previousHash, hash, logId });
    for (let link = this.takeNext(); link !== undefined; link = this.takeNext()) this.follow(link);
  }

  /** After the last record. @returns how many records are stored beyond the head */
  finish(): number {
    while (this.waiting.size > 0) {
      const found = Math.min(...this.waiting.keys());
      this.reportMissing(found - 1);
      this.before = { hash: this.waiting.get(found)?.previousHash ?? '' };
      for (let link = this.takeNext(); link !== undefined; link = this.takeNext()) this.follow(link);
    }
    const stored = this.next - 1;
    if (stored < this.head.sequence) this.reportMissing(this.head.sequence);
    if (stored === this.head.sequence && this.before.hash !== this.head.hash) this.reportChanged(this.head.sequence);
    return Math.max(0, stored - this.head.sequence);
  }

  private takeNext(): Link | undefined {
    const link = this.waiting.get(this.next);
    this.waiting.delete(this.next);
    return link;
  }

  private follow(link: Link): void {
    if (link.previousHash !== this.before.hash) this.reportChanged(this.next - 1);
    this.before = link;
    this.next += 1;
  }

  private reportChanged(sequence: number): void {
    const { logId } = this.before;
    const message = 'it is not the record that what follows was linked to';
    this.report({ kind: 'CHANGED', sequence, ...(logId !== undefined && { logId }), message });
  }

  private reportMissing(last: number): void {
    for (let sequence = this.next; sequence <= last; sequence++) {
      const after = this.before.logId === undefined ? '' : `; the last one before the gap is ${this.before.logId}`;
      this.report({ kind: 'MISSING', sequence, message: `it is not there${after}` });
    }
    this.next = last + 1;
  }

  /** A record that was changed twice over (content, then link) is one fault. */
  private report(fault: Omit<AuditFault, 'chainId'>): void {
    const { chainId } = this.head;
    const isKnown = this.faults.some(({ kind, sequence }) => kind === fault.kind && sequence === fault.sequence);
    if (!isKnown) this.faults.push({ chainId, ...fault });
  }
}
