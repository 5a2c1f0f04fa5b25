import { setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { Halt } from '../../src/domain/halt';
import type { CancelAllProgress, KillProgress } from './contract';
import { killProgressQuery } from './contract';
import { describeKill } from './current-details';

/** What the kill has come to, for queries and for the Temporal UI. */
export class KillLife {
  progress: KillProgress;

  constructor(halt: Halt) {
    const counts = { rounds: 0, found: 0, open: 0, remaining: [], cancelAll: [] };
    this.progress = { schemaVersion: 1, halt, stage: 'HALTING', ...counts, released: false, startedAt: now() };
    setHandler(killProgressQuery, () => this.progress, { description: 'How far the kill is, and what is still open' });
    this.change({});
  }

  change(changes: Partial<KillProgress>): void {
    this.progress = { ...this.progress, ...changes };
    setCurrentDetails(describeKill(this.progress));
  }

  /** In the place of what was known of the same exchange. */
  changeCancelAll(entry: CancelAllProgress): void {
    const { cancelAll } = this.progress;
    const index = cancelAll.findIndex(({ exchangeId }) => exchangeId === entry.exchangeId);
    this.change({ cancelAll: index < 0 ? [...cancelAll, entry] : cancelAll.with(index, entry) });
  }

  finish(changes: Partial<KillProgress>): KillProgress {
    this.change({ ...changes, stage: 'DONE', completedAt: now() });
    return this.progress;
  }
}

/** The workflow's clock: in the sandbox Date is the time of the history event being processed. */
function now(): string {
  return new Date().toISOString();
}
