import type { Command } from 'commander';
import { checkInput, placeSchema } from '../../client/input';
import type { Services } from '../../composition/services';
import type { ExchangeId } from '../../domain/exchange';
import type { QueueStatus, RateLimitState } from '../../ratelimit/rate-limiter';
import { addVerb, tenantOf } from '../command-line';
import { withServices } from '../connect';
import { addWatchFlag, type LiveFlags, showLive } from '../live-table';
import type { Surroundings } from '../surroundings';
import { tableOf } from '../tables';

interface LimitsFlags extends LiveFlags {
  exchange?: string;
}

/** How far one exchange's limits are used, over all processes. */
interface ExchangeLimits {
  exchangeId: ExchangeId;
  queue: QueueStatus;
  limits: RateLimitState[];
}

export function limitCommands(program: Command, surroundings: Surroundings): void {
  const command = addVerb(program, 'limits', 'How far the rate limits of each exchange are used, over all processes');
  addWatchFlag(command)
    .option('--exchange <id>', 'one exchange only')
    .action((flags: LimitsFlags) => show(flags, surroundings));
}

async function show(flags: LimitsFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const wanted = flags.exchange === undefined ? undefined : exchangeOf(flags.exchange);
  await withServices(surroundings, (services) =>
    showLive(flags, surroundings, () => read(services, tenantId, wanted), limitsText),
  );
}

async function read(
  { exchanges, rateLimiter }: Services,
  tenantId: string,
  wanted: ExchangeId | undefined,
): Promise<ExchangeLimits[]> {
  const registered =
    wanted === undefined ? await exchanges.listExchanges(tenantId) : [await exchanges.getExchange(tenantId, wanted)];
  return await Promise.all(
    registered.map(async ({ exchangeId }) => ({
      exchangeId,
      queue: await rateLimiter.getQueueStatus(exchangeId),
      limits: await rateLimiter.getRateLimitStatus({ tenantId, exchangeId }),
    })),
  );
}

function exchangeOf(text: string): ExchangeId {
  const { exchangeId } = checkInput(placeSchema, { exchangeId: text }, 'The exchange');
  return exchangeId as ExchangeId;
}

function limitsText(all: ExchangeLimits[]): string {
  const rows = all.flatMap(({ limits }) => limits.map((state) => rowOf(state)));
  const head = [
    'exchange',
    'scope',
    'category',
    'per',
    'limit',
    'used',
    'remaining',
    'reserved',
    'reset',
    'queue',
    'ban',
  ];
  const waiting = all
    .filter(({ queue }) => queue.queuedRequests > 0)
    .map(({ exchangeId, queue }) => {
      const { queuedRequests, criticalRequests, oldestRequestAge, estimatedClearTimeMs } = queue;
      return `${exchangeId}: ${queuedRequests} waiting (${criticalRequests} critical), the oldest for ${oldestRequestAge} ms; clear in about ${estimatedClearTimeMs} ms`;
    });
  return [tableOf(head, rows), ...waiting].join('\n');
}

function rowOf(state: RateLimitState): (string | number | undefined)[] {
  const { exchangeId, scope, category, assetId, windowMs, limit, used, remaining } = state;
  const { reservedForCritical, resetsAt, queued, bannedUntil } = state;
  return [
    exchangeId,
    assetId === undefined ? scope : `${scope} ${assetId}`,
    category,
    windowMs === undefined ? 'decaying' : `${windowMs / 1_000} s`,
    limit,
    Math.ceil(used),
    Math.floor(remaining),
    reservedForCritical,
    resetsAt,
    queued,
    bannedUntil,
  ];
}
