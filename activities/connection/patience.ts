import type { ExchangeId } from '../../src/domain/exchange';
import type { ActivityDeps } from '../deps';

/** Whoever would have to wait longer tries again another time. */
const PAUSE_MS_MAX = 60_000;

/** Repeats a query that the rate limit or a passing fault refused, as the ErrorHandler has it. @throws the last try's error */
export async function patiently<T>(
  { clock, errors }: Pick<ActivityDeps, 'clock' | 'errors'>,
  exchangeId: ExchangeId,
  query: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await query();
    } catch (error) {
      const met = errors.categorizeError(error, exchangeId);
      const pauseMs = errors.getPause(met, attempt);
      if (!errors.shouldRetry(met, attempt) || pauseMs > PAUSE_MS_MAX) throw error;
      await clock.sleep(pauseMs);
    }
  }
}
