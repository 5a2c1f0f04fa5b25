import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** How long the door takes to answer, ms; spread evenly. */
const ANSWER_MS = { min: 1, max: 15 };

export interface Verdict {
  arrived: number;
  /** Arrivals that made more than the limit within one window's length. */
  violations: number;
  /** The most within any window's length. */
  most: number;
}

/**
 * Stands at the exchange's door and knows nothing of the limiter: it notes when each request arrives, and counts
 * strictly how many came within the window before it.
 */
export class Referee {
  private readonly arrivals: number[] = [];

  private constructor(
    private readonly server: Server,
    private readonly limit: number,
    private readonly windowMs: number,
  ) {
    server.on('request', (_, response) => {
      this.arrivals.push(performance.now());
      const delayMs = ANSWER_MS.min + Math.random() * (ANSWER_MS.max - ANSWER_MS.min);
      setTimeout(() => response.end('{}'), delayMs);
    });
  }

  static async open(limit: number, windowMs: number): Promise<Referee> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Referee(server, limit, windowMs);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  verdict(): Verdict {
    let [first, violations, most] = [0, 0, 0];
    this.arrivals.forEach((atMs, index) => {
      while ((this.arrivals[first] ?? atMs) <= atMs - this.windowMs) first += 1;
      const within = index - first + 1;
      most = Math.max(most, within);
      if (within > this.limit) violations += 1;
    });
    return { arrived: this.arrivals.length, violations, most };
  }

  /** Arrivals a second from one moment to another (performance.now()). */
  rate(fromMs: number, toMs: number): number {
    const count = this.arrivals.filter((atMs) => atMs >= fromMs && atMs < toMs).length;
    return (count / (toMs - fromMs)) * 1_000;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
