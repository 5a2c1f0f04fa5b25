import { CLOCK_DIFFERENCE_MAX_MS } from '../src/domain/clock-difference';
import type { ExchangeAdapter } from '../src/exchanges/adapter';
import type { ActivityDeps } from './deps';

/** How long after it was declared a send may still go out. */
const SEND_WINDOW_MS = 5_000;

type Deps = Pick<ActivityDeps, 'clock' | 'simulatedWaits'>;

/** Until when, ms, a send that is declared now may go out. */
export function sendByOf({ clock, simulatedWaits }: Deps): number {
  return clock.now() + (simulatedWaits?.sendWindowMs ?? SEND_WINDOW_MS);
}

/** From when on, ms, the exchange's "no such order" proves that a declared send did not arrive. */
export function believableAt(
  { simulatedWaits }: Deps,
  { sendBy }: { sendBy: number },
  { capabilities }: ExchangeAdapter,
): number {
  const { clockDifferenceMs = CLOCK_DIFFERENCE_MAX_MS } = simulatedWaits ?? {};
  return sendBy + capabilities.requestValidityMs + capabilities.readDelayMs + clockDifferenceMs;
}
