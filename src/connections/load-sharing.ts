import type { Clock } from '../platform/clock';
import type { HolderLoads } from '../storage/holder-loads';

export const SHARE_INTERVAL_MS = 5_000;
/** Handed over at once by one worker: each is a reconnection, and may come back. */
const HANDED_OVER_MAX = 5;
/** For so long a worker passes on what it handed over. If nobody else takes it, it is better here than nowhere. */
const PASSING_ON_MS = 1_000;

/** Why a connection is handed over. */
export const ANOTHER_HAS_ROOM = 'Another worker has room.';

/** How many of its connections a worker should hand over, so that none has more than its share. */
export function excessOf(own: number, loads: readonly number[]): number {
  const total = loads.reduce((sum, load) => sum + load, 0);
  return Math.max(0, own - Math.ceil(total / Math.max(1, loads.length)));
}

/** A place among a worker's holders: `handOver` aborts when the connection should go to another worker. */
export interface HolderPlace {
  handOver: AbortSignal;
  leave(): void;
}

/**
 * Hands connections over while this worker has more than its share, so that a worker that joins gets its part at once
 * and not only when holders end by themselves. Temporal gives a connection to any worker: what comes back at once is
 * passed on, so that it isn't opened here only to be handed over again. Without Redis nobody shares.
 */
export class LoadSharing {
  private readonly holders = new Map<AbortController, string>();
  private readonly handedOverAtMs = new Map<string, number>();
  private readonly life = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly loads: HolderLoads,
    private readonly clock: Clock,
  ) {}

  /** @param holder who this worker is: `pid@host` */
  start(holder: string): void {
    this.running ??= this.shareAgainAndAgain(holder);
  }

  /** @returns ELSEWHERE for a connection that was just handed over */
  join(connection: string): HolderPlace | 'ELSEWHERE' {
    if (this.passesOn(connection)) return 'ELSEWHERE';
    const place = new AbortController();
    this.holders.set(place, connection);
    return { handOver: place.signal, leave: () => void this.holders.delete(place) };
  }

  async close(): Promise<void> {
    this.life.abort(new Error('closed'));
    await this.running;
  }

  private async shareAgainAndAgain(holder: string): Promise<void> {
    while (!this.life.signal.aborted) {
      await this.loads.report(holder, this.holders.size);
      await this.clock.sleep(SHARE_INTERVAL_MS, this.life.signal).catch(() => {});
      if (!this.life.signal.aborted) await this.share(holder);
    }
    await this.loads.forget(holder);
  }

  private async share(holder: string): Promise<void> {
    const loads = await this.loads.list();
    if (loads === undefined) return;
    const own = this.holders.size;
    const excess = Math.min(HANDED_OVER_MAX, excessOf(own, [...new Map(loads).set(holder, own).values()]));
    // The oldest first: those that came last are those that were handed over.
    for (const [place, connection] of [...this.holders].slice(0, excess)) {
      this.holders.delete(place);
      this.handedOverAtMs.set(connection, this.clock.now());
      place.abort(new Error(ANOTHER_HAS_ROOM));
    }
  }

  private passesOn(connection: string): boolean {
    const atMs = this.handedOverAtMs.get(connection);
    if (atMs === undefined) return false;
    if (this.clock.now() - atMs < PASSING_ON_MS) return true;
    this.handedOverAtMs.delete(connection);
    return false;
  }
}
