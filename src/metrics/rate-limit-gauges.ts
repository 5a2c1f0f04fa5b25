import { Gauge, type Registry } from 'prom-client';
import type { RateLimitState } from '../ratelimit/rate-limiter';
import { PREFIX } from './prometheus-sink';

const LABELS = ['exchangeId', 'tenantId', 'scope', 'category', 'window'] as const;
type Labels = Record<(typeof LABELS)[number], string>;

/** Of each limit, over all processes. */
const GAUGES = {
  ratelimit_limit: ['What the exchange allows.', ({ limit }) => limit],
  ratelimit_used: ['Of the limit, now.', ({ used }) => used],
  ratelimit_remaining: ['Of the limit, now, with what is kept for critical calls.', ({ remaining }) => remaining],
  ratelimit_reserved: ['Of the limit, kept for critical calls.', ({ reservedForCritical }) => reservedForCritical],
  ratelimit_queued: ['Calls that wait for it.', ({ queued }) => queued],
  ratelimit_banned_until_timestamp_seconds: [
    'Until when the exchange refuses our calls; 0 where it does not.',
    ({ bannedUntil }) => (bannedUntil === undefined ? 0 : Date.parse(bannedUntil) / 1_000),
  ],
} satisfies Record<string, [help: string, valueOf: (state: RateLimitState) => number]>;

/** @param read asked once for each scrape; a limit that it no longer tells of goes */
export function showRateLimits(registry: Registry, read: () => Promise<readonly RateLimitState[]>): void {
  let reading: Promise<Limit[]> | undefined;
  const readOnce = (): Promise<Limit[]> =>
    (reading ??= read()
      .then(tightest)
      .finally(() => (reading = undefined)));
  for (const [name, [help, valueOf]] of Object.entries(GAUGES))
    new Gauge({
      name: `${PREFIX}${name}`,
      help,
      labelNames: LABELS,
      registers: [registry],
      async collect() {
        const limits = await readOnce();
        this.reset();
        for (const { labels, state } of limits) this.set(labels, valueOf(state));
      },
    });
}

interface Limit {
  labels: Labels;
  state: RateLimitState;
}

/** Of those that have the same labels (instruments; addresses of sandboxes) the one that leaves least. */
function tightest(states: readonly RateLimitState[]): Limit[] {
  const limits = new Map<string, Limit>();
  for (const state of states) {
    const labels = labelsOf(state);
    const key = JSON.stringify(labels);
    const known = limits.get(key);
    if (known === undefined || state.remaining < known.state.remaining) limits.set(key, { labels, state });
  }
  return [...limits.values()];
}

/** The limit of an address is no tenant's. */
function labelsOf({ exchangeId, tenantId, scope, category, windowMs }: RateLimitState): Labels {
  const window = windowMs === undefined ? 'decaying' : `${windowMs / 1_000}s`;
  return { exchangeId, tenantId: scope === 'IP' ? '' : tenantId, scope, category, window };
}
