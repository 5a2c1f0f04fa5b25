import type { Clock } from '../platform/clock';
import type { Random } from '../platform/random';

/** What goes wrong with a request or a stream event. */
export type FaultEffect =
  /** Processed, then the connection is cut instead of a reply. */
  | { readonly kind: 'lose-reply' }
  /** Processed, never answered. */
  | { readonly kind: 'hang-after-accept' }
  /** Not processed, never answered. */
  | { readonly kind: 'hang-before' }
  /** Held up before it is processed (default) or before its reply goes out. */
  | { readonly kind: 'delay'; readonly ms: number; readonly stage?: 'before' | 'after' }
  /** Answered with an error without being processed. */
  | { readonly kind: 'status-before'; readonly status: number; readonly code?: number; readonly msg?: string }
  /** Processed, then answered with an error. */
  | { readonly kind: 'status-after'; readonly status: number; readonly code?: number; readonly msg?: string }
  /** Not processed: 429 or 418 with Retry-After. */
  | { readonly kind: 'rate-limit'; readonly status: 429 | 418; readonly retryAfterSeconds: number }
  /** The socket is cut instead of the event. */
  | { readonly kind: 'drop-stream' }
  | { readonly kind: 'drop-event' }
  /** Sent `times` more (default 1). */
  | { readonly kind: 'repeat-event'; readonly times?: number }
  /** Kept until the next event of the same type was sent on the socket, at most 1 s. */
  | { readonly kind: 'reorder-events' }
  /** This event comes late, later ones don't wait for it. */
  | { readonly kind: 'delay-event'; readonly ms: number };

/** Which requests or events a rule is for; what is absent matches all. */
export interface FaultMatch {
  /** Requests: `POST /api/v3/order`, or `WS <method>` on the WebSocket API. A rule has this or `event`. */
  readonly endpoint?: string;
  /** Stream events by type: `executionReport`, `trade`, …; `*` for all. */
  readonly event?: string;
  readonly apiKey?: string;
  readonly symbol?: string;
  /** 0 to 1; drawn from the seeded generator. Default 1. */
  readonly probability?: number;
  /** Matches to let pass first. Default 0. */
  readonly skip?: number;
  /** After so many hits the rule is spent. Default: never. */
  readonly times?: number;
}

export interface FaultRule {
  readonly match: FaultMatch;
  readonly effect: FaultEffect;
}

/** A rule with its counters: `seen` requests or events matched, `hits` were harmed. */
export interface FaultState extends FaultRule {
  readonly id: number;
  readonly seen: number;
  readonly hits: number;
}

export interface FaultSubject {
  readonly endpoint?: string;
  readonly event?: string;
  readonly apiKey?: string | undefined;
  readonly symbol?: string | undefined;
}

/** The rules in force, in the order they were added: the first that fires wins. */
export class Faults {
  readonly #rules: (FaultRule & { id: number; seen: number; hits: number })[] = [];
  readonly #random: Random;
  #nextId = 1;

  constructor(
    random: Random,
    readonly clock: Clock,
  ) {
    this.#random = random;
  }

  add(rule: FaultRule): number {
    if ((rule.match.endpoint === undefined) === (rule.match.event === undefined)) {
      throw new RangeError('A fault rule needs match.endpoint (for requests) or match.event (for streams), not both.');
    }
    const id = this.#nextId;
    this.#nextId += 1;
    this.#rules.push({ ...rule, id, seen: 0, hits: 0 });
    return id;
  }

  /** Removes one rule, or all. */
  clear(id?: number): void {
    if (id === undefined) this.#rules.length = 0;
    else {
      const index = this.#rules.findIndex((rule) => rule.id === id);
      if (index >= 0) this.#rules.splice(index, 1);
    }
  }

  list(): FaultState[] {
    return this.#rules.map((rule) => ({ ...rule }));
  }

  /** Counts the subject and says what to do to it, if anything. */
  decide(subject: FaultSubject): FaultEffect | undefined {
    for (const rule of this.#rules) {
      if (!matches(rule.match, subject)) continue;
      const { skip = 0, times, probability = 1 } = rule.match;
      rule.seen += 1;
      if (rule.seen <= skip || (times !== undefined && rule.hits >= times)) continue;
      if (probability < 1 && this.#random.fraction() >= probability) continue;
      rule.hits += 1;
      return rule.effect;
    }
    return undefined;
  }
}

function matches(match: FaultMatch, subject: FaultSubject): boolean {
  if (match.endpoint !== undefined && match.endpoint !== subject.endpoint) return false;
  if (match.event !== undefined && (subject.event === undefined || !['*', subject.event].includes(match.event)))
    return false;
  if (match.apiKey !== undefined && match.apiKey !== subject.apiKey) return false;
  return match.symbol === undefined || match.symbol === subject.symbol;
}
