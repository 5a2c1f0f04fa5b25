import type { Clock } from '../platform/clock';
import type { Charge } from './budget';
import { AHEAD_MS } from './priority';
import type { NoTurn, RateCall, Turn } from './rate-limiter';
import type { AcquireRequest, RateStore, Verdict } from './rate-store';

/** Calls that wait in one lane; more are refused at once. */
export const LANE_LENGTH_MAX = 1_000;
/** Limits of longer windows say nothing about the pace for minutes on end. */
const PACE_WINDOW_MS_MAX = 300_000;
/** Other processes hear so often how long the lane has become. */
const TELL_EVERY_MS = 100;

interface Waiting {
  call: RateCall;
  sinceMs: number;
  untilMs: number;
  resolve(turn: Turn | NoTurn): void;
}

/** Calls of one process that take from the same budgets. The first asks; the others wait behind it by their priority. */
export class Lane {
  private readonly waiting: Waiting[] = [];
  private askAtMs = 0;
  private asking = false;
  private wake: () => void = () => undefined;
  private wakesAtMs = 0;
  /** What others were told of this lane, and when. */
  private told = { count: 0, atMs: 0 };

  constructor(
    private readonly name: string,
    private readonly store: RateStore,
    private readonly clock: Clock,
    private readonly onIdle: () => void,
  ) {}

  get length(): number {
    return this.waiting.length;
  }

  /** While nobody waits, calls ask at once and side by side. */
  async acquire(call: RateCall, waitMsMax: number): Promise<Turn | NoTurn> {
    const sinceMs = this.clock.now();
    const untilMs = sinceMs + waitMsMax;
    if (this.waiting.length > 0) return await this.enqueue({ call, sinceMs, untilMs });
    const verdict = await this.ask({ call, sinceMs, untilMs });
    if (verdict.granted) return turnOf(verdict);
    const turnMs = this.clock.now() + verdict.waitMs;
    if (turnMs > untilMs) return { granted: false, retryAt: turnMs, banned: verdict.banned };
    this.askAtMs = this.waiting.length > 0 ? Math.min(this.askAtMs, turnMs) : turnMs;
    return await this.enqueue({ call, sinceMs, untilMs }, turnMs);
  }

  private enqueue(entry: Omit<Waiting, 'resolve'>, askedUntilMs = 0): Promise<Turn | NoTurn> {
    if (this.waiting.length >= LANE_LENGTH_MAX) {
      const retryAt = this.clock.now() + this.clearMs(entry.call, this.waiting.length);
      return Promise.resolve({ granted: false, retryAt, banned: false });
    }
    return new Promise((resolve) => {
      const before = this.waiting.findLastIndex((other) => rankOf(other) <= rankOf(entry));
      this.waiting.splice(before + 1, 0, { ...entry, resolve });
      if (before === -1 && askedUntilMs === 0) this.askAtMs = 0;
      if (Math.min(this.dueMs(), entry.untilMs) < this.wakesAtMs) this.wake();
      if (!this.asking) void this.serve();
    });
  }

  /** One question after another, until nobody waits. */
  private async serve(): Promise<void> {
    this.asking = true;
    while (this.waiting.length > 0) {
      this.refuseLate();
      const [first] = this.waiting;
      if (first === undefined) break;
      if (this.clock.now() < this.dueMs()) await this.pause();
      else await this.askFor(first);
    }
    this.asking = false;
    this.onIdle();
  }

  /** Asking also tells the other processes how many wait here. */
  private dueMs(): number {
    const { count, atMs } = this.told;
    return count === this.waiting.length ? this.askAtMs : Math.min(this.askAtMs, atMs + TELL_EVERY_MS);
  }

  private async askFor(first: Waiting): Promise<void> {
    const verdict = await this.ask(first, true);
    if (verdict.granted) {
      this.remove(first);
      first.resolve(turnOf(verdict));
      return;
    }
    const turnMs = this.clock.now() + verdict.waitMs;
    // Another may have come first meanwhile: it asks for itself.
    if (this.waiting[0] === first) this.askAtMs = turnMs;
    if (turnMs > first.untilMs) this.refuse(first, turnMs, verdict.banned);
  }

  private ask({ call, sinceMs, untilMs }: Omit<Waiting, 'resolve'>, queued = false): Promise<Verdict> {
    const { exchangeId, charges, gates, priority } = call;
    const nowMs = this.clock.now();
    const entries = queued ? this.waiting : [{ call, sinceMs }];
    this.told = { count: entries.length, atMs: nowMs };
    const request: AcquireRequest = {
      exchangeId,
      charges,
      gates,
      critical: priority === 'CRITICAL',
      aheadMs: nowMs - sinceMs + AHEAD_MS[priority],
      patienceMs: Math.max(0, untilMs - nowMs),
      lane: this.name,
      queued,
      waiting: {
        count: entries.length,
        critical: entries.filter((entry) => entry.call.priority === 'CRITICAL').length,
        oldestMs: nowMs - Math.min(...entries.map((entry) => entry.sinceMs)),
      },
    };
    return this.store.acquire(request);
  }

  /** Until it is time to ask, somebody's patience ends, or somebody comes who goes first. */
  private async pause(): Promise<void> {
    const untilMs = Math.min(this.dueMs(), ...this.waiting.map((entry) => entry.untilMs));
    this.wakesAtMs = untilMs;
    const woken = new AbortController();
    this.wake = () => woken.abort(new Error('somebody came'));
    await this.clock.sleep(Math.max(1, untilMs - this.clock.now()), woken.signal).catch(() => undefined);
    this.wake = () => undefined;
  }

  private refuseLate(): void {
    const nowMs = this.clock.now();
    for (const entry of this.waiting.filter(({ untilMs }) => untilMs <= nowMs)) this.refuse(entry, this.askAtMs, false);
  }

  private refuse(entry: Waiting, turnMs: number, banned: boolean): void {
    this.remove(entry);
    const clearMs = this.clearMs(entry.call, this.waiting.length + 1);
    entry.resolve({ granted: false, retryAt: Math.max(turnMs, this.clock.now() + clearMs), banned });
    if (this.waiting.length === 0) void this.store.leave(entry.call.exchangeId, this.name);
  }

  private remove(entry: Waiting): void {
    const at = this.waiting.indexOf(entry);
    if (at !== -1) this.waiting.splice(at, 1);
  }

  private clearMs({ charges }: RateCall, count: number): number {
    return Math.ceil(count * Math.max(1, ...charges.map(paceOf)));
  }
}

/** How often a call like this can be made for minutes on end, ms. */
export function paceOf({ budget: { model }, cost }: Charge): number {
  if ('decay' in model) return (cost / model.decay.perSecond) * 1_000;
  const short = model.windows.filter(({ windowMs }) => windowMs <= PACE_WINDOW_MS_MAX);
  return Math.max(0, ...short.map(({ limit, windowMs }) => (windowMs * cost) / limit));
}

function rankOf({ call, sinceMs }: Omit<Waiting, 'resolve'>): number {
  return sinceMs - AHEAD_MS[call.priority];
}

function turnOf({ permit }: Extract<Verdict, { granted: true }>): Turn {
  return { granted: true, release: (answer) => permit.release(answer) };
}
