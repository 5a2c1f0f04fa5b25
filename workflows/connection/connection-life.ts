import type { HolderReport } from '../../activities/connection-activities';
import type { ConnectionInput, ConnectionState, InterventionRequest } from './contract';

/** What a connection's workflow knows. Handlers only change it; holding and letting go is done by the loop in workflow.ts. */
export class ConnectionLife {
  private state: ConnectionState;
  /** Makes the present holder let go. */
  private letGo: (() => void) | undefined;

  constructor(
    { tenantId, exchangeId }: ConnectionInput,
    carried: ConnectionState | undefined,
    private readonly onChange: (state: ConnectionState) => void,
  ) {
    const counters = { holders: 0, executions: 0, updates: 0, signals: 0, backfills: 0, connectionsLost: 0 };
    this.state = carried ?? { schemaVersion: 1, tenantId, exchangeId, status: 'HELD', since: now(), counters };
    onChange(this.state);
  }

  get paused(): boolean {
    return this.state.status === 'PAUSED';
  }

  get cursor(): ConnectionState['cursor'] {
    return this.state.cursor;
  }

  view(): ConnectionState {
    return this.state;
  }

  /** A holder is being looked for; `letGo` ends it. */
  beginHolding(letGo: () => void): void {
    this.letGo = letGo;
    this.enter('HELD');
  }

  /** The holder is gone, however that came about. */
  endHolding(report: HolderReport | undefined, error?: string): void {
    this.letGo = undefined;
    if (report !== undefined) this.add(report);
    if (error !== undefined) this.change({ lastError: error });
    this.enter(this.pauseWanted ? 'PAUSED' : 'HELD');
  }

  pause(request: InterventionRequest | undefined): void {
    this.note('pause', request);
    if (this.letGo === undefined) this.enter('PAUSED');
    else this.stop();
  }

  resume(request: InterventionRequest | undefined): void {
    this.note('resume', request);
    if (this.paused) this.enter('HELD');
  }

  restart(request: InterventionRequest | undefined): void {
    this.note('restart', request);
    if (this.paused) this.enter('HELD');
    else this.stop();
  }

  /** The last word of the people: a resume or restart while the holder is being stopped takes the pause back. */
  private get pauseWanted(): boolean {
    return this.state.status === 'STOPPING' && this.state.lastIntervention?.signal === 'pause';
  }

  private stop(): void {
    if (this.letGo === undefined) return;
    this.enter('STOPPING');
    this.letGo();
  }

  private note(signal: 'pause' | 'resume' | 'restart', { reason, requestedBy }: InterventionRequest = {}): void {
    const who = { ...(reason !== undefined && { reason }), ...(requestedBy !== undefined && { requestedBy }) };
    this.change({ lastIntervention: { ...who, signal, at: now() } });
  }

  private add({ counters, cursor, holder }: HolderReport): void {
    const sums = { ...this.state.counters, holders: this.state.counters.holders + 1 };
    for (const name of ['executions', 'updates', 'signals', 'backfills', 'connectionsLost'] as const)
      sums[name] += counters[name];
    this.change({ counters: sums, lastHolder: holder, ...(cursor !== undefined && { cursor }) });
  }

  private enter(status: ConnectionState['status']): void {
    if (status !== this.state.status) this.change({ status, since: now() });
  }

  private change(changes: Partial<ConnectionState>): void {
    this.state = { ...this.state, ...changes };
    this.onChange(this.state);
  }
}

/** The workflow's clock: in the sandbox Date is the time of the history event being processed. */
function now(): string {
  return new Date().toISOString();
}
