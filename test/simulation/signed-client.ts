import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The shape is the exchange's; each test names what it expects of it.
  readonly body: Record<string, unknown> & { code?: number; msg?: string };
}

type Params = Readonly<Record<string, string | number | boolean>>;

/** A client after Binance's documentation, sharing nothing with the simulator. */
export class SignedClient {
  constructor(
    readonly rest: string,
    readonly apiKey: string,
    readonly apiSecret: string,
    readonly now: () => number = Date.now,
  ) {}

  async call(method: string, path: string, params: Params = {}): Promise<Answer> {
    const query = encode({ timestamp: this.now(), ...params });
    return this.send(method, path, `${query}&signature=${this.sign(query)}`);
  }

  async send(method: string, path: string, query: string, body?: string): Promise<Answer> {
    const response = await fetch(`${this.rest}/api/v3${path}?${query}`, {
      method,
      headers: { 'X-MBX-APIKEY': this.apiKey, 'content-type': 'application/x-www-form-urlencoded' },
      ...(body !== undefined && { body }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
  }

  sign(payload: string): string {
    return createHmac('sha256', this.apiSecret).update(payload).digest('hex');
  }

  order(params: Params = {}): Promise<Answer> {
    const defaults = {
      symbol: 'BTCUSDT',
      side: 'BUY',
      type: 'LIMIT',
      timeInForce: 'GTC',
      quantity: '0.01',
      price: '50000',
    };
    return this.call('POST', '/order', { ...defaults, ...params });
  }
}

export function encode(params: Params): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

/** A WebSocket that keeps what it receives, and lets a test wait for a message that it wants. */
export class Listener {
  readonly messages: Record<string, unknown>[] = [];
  readonly closed: Promise<unknown>;
  readonly #waiting = new Set<() => void>();

  private constructor(readonly socket: WebSocket) {
    this.closed = once(socket, 'close');
    socket.on('error', () => socket.terminate());
    socket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)) as Record<string, unknown>);
      for (const look of this.#waiting) look();
    });
  }

  static async open(url: string): Promise<Listener> {
    const listener = new Listener(new WebSocket(url));
    await once(listener.socket, 'open');
    return listener;
  }

  /** A private stream of the client's account. */
  static async user(wsApi: string, client: SignedClient): Promise<Listener> {
    const listener = await Listener.open(wsApi);
    const params = { apiKey: client.apiKey, timestamp: client.now() };
    const signature = client.sign(`apiKey=${params.apiKey}&timestamp=${params.timestamp}`);
    listener.send({ id: 1, method: 'userDataStream.subscribe.signature', params: { ...params, signature } });
    await listener.find((message) => message['id'] === 1);
    return listener;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Resolves with the first message, past or to come, that fits. */
  find(fits: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.messages.find(fits);
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** User data events of a type, in order of arrival. */
  events(type: string): Record<string, unknown>[] {
    return this.messages
      .map((message) => message['event'] as Record<string, unknown> | undefined)
      .filter((event) => event?.['e'] === type) as Record<string, unknown>[];
  }

  async waitForEvents(type: string, count: number): Promise<Record<string, unknown>[]> {
    await this.find(() => this.events(type).length >= count);
    return this.events(type);
  }
}
