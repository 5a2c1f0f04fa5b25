import type { AddressInfo } from 'node:net';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { ConnectionStatus } from '../../src/domain/connection';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import type { ConnectionWatch, Trouble } from '../../src/transport/connection-observer';
import { createHostGuard } from '../../src/transport/host-guard';
import type { SocketProtocol } from '../../src/transport/websocket/socket-protocol';
import type { WebSocketClientOptions } from '../../src/transport/websocket/websocket-client';
import { WebSocketClient } from '../../src/transport/websocket/websocket-client';

const guard = createHostGuard({ mode: 'SANDBOX', productionHosts: [], sandboxHosts: [], allowSimulated: true });

/** One connection as the server sees it. */
export interface Peer {
  socket: WebSocket;
  channels: Set<string>;
}

/** A server of channels on a real socket: it takes subscriptions, publishes, refuses and cuts as a test says. */
export class SocketServer {
  readonly peers: Peer[] = [];
  /** How many connections were tried, refused ones too. */
  attempts = 0;
  /** How many of the next attempts are refused. */
  refusing = 0;
  readonly refusedChannels = new Set<string>();
  readonly pings: Peer[] = [];
  answersPings = true;
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly server: WebSocketServer) {}

  static async start(): Promise<SocketServer> {
    const verifyClient = (): boolean => made.admits();
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong: false, verifyClient });
    const made = new SocketServer(server);
    server.on('connection', (socket) => made.serve(socket));
    await new Promise((resolve) => server.once('listening', resolve));
    return made;
  }

  get endpoint(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves when the server's state is so; the test's own time limit ends the wait. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  publish(channel: string, value: unknown): void {
    for (const { socket, channels } of this.peers) {
      if (channels.has(channel)) socket.send(JSON.stringify({ channel, value }));
    }
  }

  cut(): void {
    for (const { socket } of this.peers) socket.terminate();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** To be called by whoever changes what somebody may wait for. */
  changed(): void {
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }

  private admits(): boolean {
    this.attempts += 1;
    const isRefused = this.refusing > 0;
    if (isRefused) this.refusing -= 1;
    this.changed();
    return !isRefused;
  }

  private serve(socket: WebSocket): void {
    const peer: Peer = { socket, channels: new Set() };
    this.peers.push(peer);
    socket.on('message', (data) => this.answer(peer, JSON.parse(String(data)) as Change));
    socket.on('ping', (payload) => {
      this.pings.push(peer);
      if (this.answersPings) socket.pong(payload);
      this.changed();
    });
    socket.on('close', () => {
      this.peers.splice(this.peers.indexOf(peer), 1);
      this.changed();
    });
    this.changed();
  }

  private answer({ socket, channels }: Peer, { id, subscribe, unsubscribe }: Change): void {
    const refused = subscribe?.some((channel) => this.refusedChannels.has(channel)) === true;
    if (!refused) subscribe?.forEach((channel) => channels.add(channel));
    unsubscribe?.forEach((channel) => channels.delete(channel));
    socket.send(JSON.stringify({ id, refused }));
    this.changed();
  }
}

interface Change {
  id: string;
  subscribe?: string[];
  unsubscribe?: string[];
}

/** The server's words. */
export const channelProtocol: SocketProtocol = {
  subscribe: async (socket, channels) => {
    const reply = await socket.request({ id: systemRandom.uuid(), subscribe: channels });
    if ((reply as { refused: boolean }).refused) throw new Error(`refused: ${channels.join(', ')}`);
  },
  unsubscribe: async (socket, channels) => {
    await socket.request({ id: systemRandom.uuid(), unsubscribe: channels });
  },
  channelOf: (message) => (message as { channel?: string }).channel,
};

/** Keeps what a connection's watch is told. */
export class KeptWatch implements ConnectionWatch {
  readonly statuses: ConnectionStatus[] = [];
  readonly troubles: { trouble: Trouble; details: object }[] = [];
  readonly failures: string[] = [];
  readonly counts = { sent: 0, received: 0, answered: 0 };
  private readonly waiting = new Set<() => void>();

  entered(status: ConnectionStatus): void {
    this.statuses.push(status);
    this.changed();
  }
  sent(): void {
    this.counts.sent += 1;
  }
  received(): void {
    this.counts.received += 1;
  }
  answered(): void {
    this.counts.answered += 1;
    this.changed();
  }
  failed(error: Error): void {
    this.failures.push(error.message);
    this.changed();
  }
  troubled(trouble: Trouble, details: object): void {
    this.troubles.push({ trouble, details });
    this.changed();
  }

  get status(): ConnectionStatus | undefined {
    return this.statuses.at(-1);
  }

  async until(condition: (watch: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  private changed(): void {
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }
}

/** A client with its watch. */
export function watchedClient(options: Partial<WebSocketClientOptions> = {}): {
  client: WebSocketClient;
  watch: KeptWatch;
} {
  const watch = new KeptWatch();
  const client = new WebSocketClient({
    ...{ guard, clock: systemClock, random: systemRandom, logger: silentLogger, purpose: 'MARKET' },
    protocol: channelProtocol,
    observer: { watch: () => watch },
    ...options,
  });
  return { client, watch };
}
