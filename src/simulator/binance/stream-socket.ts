import type { WebSocket } from 'ws';
import type { Faults } from '../faults';

const PING_INTERVAL_MS = 20_000;
/** Without a pong for so long the server hangs up. */
const PONG_TIMEOUT_MS = 60_000;
const LIFETIME_MS = 24 * 3_600_000;
/** An event that waits for the next one of its type to overtake it goes at the latest after this. */
const REORDER_HOLD_MS = 1000;
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;

export interface StreamEvent {
  readonly type: string;
  readonly symbol?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly message: object;
}

/** One WebSocket connection with Binance's keep-alive rules; events go out through the fault rules. */
export class StreamSocket {
  readonly #socket: WebSocket;
  readonly #faults: Faults;
  readonly #timers: NodeJS.Timeout[] = [];
  #held: { readonly type: string; readonly text: string } | undefined;
  #isPonged = true;
  #silentMs = 0;

  constructor(socket: WebSocket, faults: Faults) {
    this.#socket = socket;
    this.#faults = faults;
    this.#timers.push(setInterval(() => this.#ping(), PING_INTERVAL_MS));
    this.#timers.push(setTimeout(() => this.close(), LIFETIME_MS));
    socket.on('pong', () => (this.#isPonged = true));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.#timers.forEach((timer) => clearTimeout(timer)));
  }

  /** Sends a reply, which faults of events don't touch. */
  reply(message: object): void {
    this.#send(JSON.stringify(message));
  }

  /** Sends an event, or what a fault rule makes of it. */
  deliver(event: StreamEvent): void {
    const text = JSON.stringify(event.message);
    const effect = this.#faults.decide({ event: event.type, symbol: event.symbol, apiKey: event.apiKey });
    switch (effect?.kind) {
      case 'drop-stream':
        return this.#socket.terminate();
      case 'drop-event':
        return;
      case 'delay-event':
        return this.#later(effect.ms, () => this.#send(text));
      case 'reorder-events':
        this.#release();
        this.#held = { type: event.type, text };
        return this.#later(REORDER_HOLD_MS, () => this.#release());
      case 'repeat-event':
        this.#send(text);
        for (let copy = 0; copy < (effect.times ?? 1); copy += 1) this.#send(text);
        return this.#release(event.type);
      case 'lose-reply':
      case 'hang-after-accept':
      case 'hang-before':
      case 'delay':
      case 'status-before':
      case 'status-after':
      case 'rate-limit':
      case undefined:
        this.#send(text);
        return this.#release(event.type);
    }
  }

  close(): void {
    this.#socket.close(GOING_AWAY);
  }

  /** Hangs up on a client that sends too much. */
  refuse(): void {
    this.#socket.close(POLICY_VIOLATION);
  }

  /** Cuts the connection without a closing handshake, as a broken network does. */
  cut(): void {
    this.#socket.terminate();
  }

  #ping(): void {
    this.#silentMs = this.#isPonged ? 0 : this.#silentMs + PING_INTERVAL_MS;
    if (this.#silentMs >= PONG_TIMEOUT_MS) return this.#socket.terminate();
    this.#isPonged = false;
    this.#socket.ping(String(PING_INTERVAL_MS));
  }

  /** Sends what was held back, or only that of a type. */
  #release(type?: string): void {
    const held = this.#held;
    if (held === undefined || (type !== undefined && held.type !== type)) return;
    this.#held = undefined;
    this.#send(held.text);
  }

  #later(ms: number, action: () => void): void {
    this.#timers.push(setTimeout(action, ms));
  }

  #send(text: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(text);
  }
}
