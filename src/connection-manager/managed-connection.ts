import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import type { AccountName, Connection, ConnectionStatus, ConnectionType, JudgedConnection } from '../domain/connection';
import type { ConnectionWatch } from '../transport/connection-observer';
import { ConnectionMeter } from './connection-meter';
import { type QualityThresholds, shortfallsOf } from './quality';

/** REST has no socket of its own to be open: after so many failures in a row it counts as lost, until a call is answered. */
const REST_FAILURES_MAX = 3;

export interface ManagedConnectionParts {
  account: AccountName;
  connectionId: string;
  type: ConnectionType;
  endpoint: string;
  clock: Clock;
}

/** One connection as it comes, breaks, comes again and goes. */
export class ManagedConnection {
  private status: ConnectionStatus = 'CONNECTING';
  private statusSinceMs: number;
  private lastActivityMs: number;
  private connectedAtMs: number | undefined;
  private wasLost = false;
  private reconnectAttempts = 0;
  private failuresInARow = 0;
  private readonly meter = new ConnectionMeter();

  constructor(private readonly parts: ManagedConnectionParts) {
    this.statusSinceMs = parts.clock.now();
    this.lastActivityMs = this.statusSinceMs;
  }

  get connectionId(): string {
    return this.parts.connectionId;
  }

  get type(): ConnectionType {
    return this.parts.type;
  }

  get isOpen(): boolean {
    return this.status === 'CONNECTED';
  }

  /** A stream that broke or could not be opened: whoever opens one next goes on with it. */
  get isVacant(): boolean {
    return this.type !== 'REST' && (this.status === 'RECONNECTING' || this.status === 'ERROR');
  }

  /** For how long it has had its status, ms. */
  get ageMs(): number {
    return this.parts.clock.now() - this.statusSinceMs;
  }

  opening(): void {
    this.enter(this.wasLost ? 'RECONNECTING' : 'CONNECTING');
  }

  opened(): void {
    const nowMs = this.parts.clock.now();
    if (this.wasLost) this.meter.reconnected();
    this.wasLost = false;
    this.reconnectAttempts = 0;
    this.connectedAtMs = nowMs;
    this.lastActivityMs = nowMs;
    this.meter.opened(nowMs);
    this.enter('CONNECTED');
  }

  /** It could not be opened. Its transport has told of the failure already. */
  failed(): void {
    this.reconnectAttempts += 1;
    this.enter('ERROR');
  }

  /** It was open and broke. Its transport has told of the failure already. */
  lost(): void {
    this.wasLost = true;
    this.meter.closed(this.parts.clock.now());
    this.enter('RECONNECTING');
  }

  closed(): void {
    this.meter.closed(this.parts.clock.now());
    this.enter('DISCONNECTED');
  }

  /** To be told by the transport below. */
  readonly watch: ConnectionWatch = {
    sent: () => this.heard().sent(),
    received: () => this.received(),
    answered: (latencyMs) => this.answered(latencyMs),
    failed: ({ message }) => this.fell(message),
    entered() {},
    troubled() {},
  };

  view(): Connection {
    const { account, connectionId, type, endpoint, clock } = this.parts;
    return {
      connectionId,
      ...account,
      type,
      status: this.status,
      endpoint,
      ...(this.connectedAtMs !== undefined && { connectedAt: isoTime(this.connectedAtMs) }),
      lastActivityAt: isoTime(this.lastActivityMs),
      reconnectAttempts: this.reconnectAttempts,
      metrics: this.meter.metrics(clock.now()),
    };
  }

  judged(thresholds: QualityThresholds): JudgedConnection {
    const view = this.view();
    const shortfalls = shortfallsOf(view, this.meter.samplesWithin(this.parts.clock.now()), thresholds);
    return { ...view, ...(shortfalls.length > 0 && { shortfalls }) };
  }

  private heard(): ConnectionMeter {
    this.lastActivityMs = this.parts.clock.now();
    return this.meter;
  }

  /** Of REST each reply is also told as an answer or a failure. */
  private received(): void {
    this.heard().received();
    if (this.type !== 'REST') this.meter.answered(this.lastActivityMs);
  }

  private answered(latencyMs: number): void {
    this.heard().answered(this.lastActivityMs, latencyMs);
    this.failuresInARow = 0;
    if (this.type === 'REST' && !this.isOpen && this.status !== 'DISCONNECTED') this.opened();
  }

  private fell(reason: string): void {
    this.heard().failed(this.lastActivityMs, reason);
    this.failuresInARow += 1;
    if (this.type !== 'REST' || this.failuresInARow < REST_FAILURES_MAX) return;
    if (this.isOpen) this.lost();
    else if (this.status === 'CONNECTING') this.enter('ERROR');
  }

  private enter(status: ConnectionStatus): void {
    if (status === this.status) return;
    this.status = status;
    this.statusSinceMs = this.parts.clock.now();
  }
}
