import { reconnectDelayMs } from '../../connections/reconnection';
import type { ReconnectionStrategy } from '../../domain/connection';
import type { Clock } from '../../platform/clock';
import type { Random } from '../../platform/random';
import type { JsonSocket } from './json-socket';
import type { SocketProtocol } from './socket-protocol';

/** Refusals of one channel in a row after which somebody is told; it is tried on. */
export const SUBSCRIPTION_TRIES_MAX = 3;

export type MessageCallback = (message: unknown) => void | Promise<void>;

export interface SubscriptionParts {
  protocol: SocketProtocol;
  /** Paces the tries of a channel that is refused. */
  settings: { reconnectStrategy: ReconnectionStrategy };
  clock: Clock;
  random: Random;
  onRefused(error: Error): void;
  /** Once SUBSCRIPTION_TRIES_MAX is reached. */
  onTrouble(details: { channel: string; refusals: number; reason: string }): void;
}

interface Refusals {
  count: number;
  retryAtMs: number;
}

/**
 * Brings what a connection is subscribed to, to what is wanted: one message at a time, in bunches. Channels of a bunch
 * that is refused are tried one by one, so that a single odd one doesn't keep the others out.
 */
export class Subscriptions {
  private readonly wanted = new Map<string, Map<string, MessageCallback>>();
  private had = new Set<string>();
  private readonly refused = new Map<string, Refusals>();
  private changed = new AbortController();
  private changedAtMs = -Infinity;

  constructor(private readonly parts: SubscriptionParts) {}

  add(channel: string, id: string, callback: MessageCallback): void {
    const callbacks = this.wanted.get(channel) ?? new Map<string, MessageCallback>();
    this.wanted.set(channel, callbacks.set(id, callback));
    this.changed.abort();
  }

  remove(id: string): void {
    for (const [channel, callbacks] of this.wanted) {
      if (!callbacks.delete(id) || callbacks.size > 0) continue;
      this.wanted.delete(channel);
      this.refused.delete(channel);
      this.changed.abort();
    }
  }

  callbacksOf(channel: string): Iterable<MessageCallback> {
    return this.wanted.get(channel)?.values() ?? [];
  }

  /** Serves a new connection until it ends. Resolves when everything that is wanted has been asked for once. */
  async serve(socket: JsonSocket): Promise<void> {
    this.had = new Set();
    this.refused.clear();
    while (this.freshChannels().length > 0 || this.hasUntried()) {
      if (socket.ended.aborted || !(await this.changeOnce(socket))) break;
    }
    void this.keepUp(socket, this.had);
  }

  private async keepUp(socket: JsonSocket, had: Set<string>): Promise<void> {
    while (!socket.ended.aborted && this.had === had) {
      this.changed = new AbortController();
      if (await this.changeOnce(socket)) continue;
      const wakes = AbortSignal.any([this.changed.signal, socket.ended]);
      await this.parts.clock.sleep(this.pauseMs(), wakes).catch(() => undefined);
    }
  }

  /** Sends the next change, if there is one that is due. */
  private async changeOnce(socket: JsonSocket): Promise<boolean> {
    const { protocol, onRefused } = this.parts;
    const gone = [...this.had].filter((channel) => !this.wanted.has(channel));
    const isGoing = gone.length > 0;
    const channels = isGoing ? gone : this.nextChannels();
    if (channels.length === 0) return false;
    await this.awaitTurn(socket);
    try {
      await (isGoing ? protocol.unsubscribe : protocol.subscribe)?.call(protocol, socket, channels);
      for (const channel of channels) this.note(channel, !isGoing);
    } catch (error) {
      if (socket.ended.aborted) return false;
      if (isGoing) for (const channel of gone) this.had.delete(channel);
      else this.noteRefusal(channels, error as Error);
      onRefused(error as Error);
    }
    return true;
  }

  private async awaitTurn(socket: JsonSocket): Promise<void> {
    const { protocol, clock } = this.parts;
    const nowMs = clock.now();
    const waitMs = this.changedAtMs + (protocol.changesPauseMs ?? 0) - nowMs;
    if (waitMs > 0) await clock.sleep(waitMs, socket.ended).catch(() => undefined);
    this.changedAtMs = clock.now();
  }

  private note(channel: string, isSubscribed: boolean): void {
    if (isSubscribed) this.had.add(channel);
    else this.had.delete(channel);
    this.refused.delete(channel);
  }

  private noteRefusal(channels: readonly string[], error: Error): void {
    const { clock, random, settings, onTrouble } = this.parts;
    const isBunch = channels.length > 1;
    for (const channel of channels) {
      const count = isBunch ? 0 : (this.refused.get(channel)?.count ?? 0) + 1;
      const delayMs = isBunch ? 0 : reconnectDelayMs(count, random, settings.reconnectStrategy);
      this.refused.set(channel, { count, retryAtMs: clock.now() + delayMs });
      if (count === SUBSCRIPTION_TRIES_MAX) onTrouble({ channel, refusals: count, reason: error.message });
    }
  }

  private nextChannels(): string[] {
    const fresh = this.freshChannels();
    if (fresh.length > 0) return fresh;
    const nowMs = this.parts.clock.now();
    return [...this.refused]
      .filter(([, { retryAtMs }]) => retryAtMs <= nowMs)
      .flatMap(([channel]) => channel)
      .slice(0, 1);
  }

  private freshChannels(): string[] {
    return [...this.wanted.keys()].filter((channel) => !this.had.has(channel) && !this.refused.has(channel));
  }

  /** Channels of a refused bunch that were not tried by themselves yet. */
  private hasUntried(): boolean {
    return [...this.refused.values()].some(({ count }) => count === 0);
  }

  private pauseMs(): number {
    const nextMs = Math.min(...[...this.refused.values()].map(({ retryAtMs }) => retryAtMs));
    const { clock, settings } = this.parts;
    return Number.isFinite(nextMs) ? Math.max(nextMs - clock.now(), 1) : settings.reconnectStrategy.maxDelayMs;
  }
}
