import type { RedisConnection } from './client';
import type { HolderLoads } from '../holder-loads';
import type { Clock } from '../../platform/clock';

/** `connection-holders:{namespace}`: a hash of `pid@host` → `<connections>/<ms>` */
const KEY = 'connection-holders';
/** What is older was told by a worker that has died. */
const KEPT_MS = 15_000;

export class RedisHolderLoads implements HolderLoads {
  constructor(
    private readonly redis: RedisConnection,
    private readonly clock: Clock,
    /** Workers share with those of their own installation. */
    private readonly prefix: string,
  ) {}

  async report(holder: string, connections: number): Promise<void> {
    const key = this.key();
    await this.redis.hset(key, holder, `${connections}/${this.clock.now()}`).catch(() => undefined);
    await this.redis.pexpire(key, KEPT_MS).catch(() => undefined);
  }

  async forget(holder: string): Promise<void> {
    await this.redis.hdel(this.key(), holder).catch(() => undefined);
  }

  async list(): Promise<ReadonlyMap<string, number> | undefined> {
    const told = await this.redis.hgetall(this.key()).catch(() => undefined);
    if (told === undefined) return undefined;
    const since = this.clock.now() - KEPT_MS;
    const loads = Object.entries(told).flatMap(([holder, text]) => {
      const [connections = 0, atMs = 0] = text.split('/').map(Number);
      return atMs >= since ? [[holder, connections] as const] : [];
    });
    return new Map(loads);
  }

  private key(): string {
    return `${KEY}:${this.prefix}`;
  }
}
