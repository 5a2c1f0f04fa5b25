import type { ExchangeAdapter } from '../src/exchanges/adapter';

/** How long after it was declared a send may still go out. */
export const SEND_WINDOW_MS = 5_000;
/** What the clocks of two workers may differ by, added before "no such order" is believed. */
export const CLOCK_DIFFERENCE_MAX_MS = 1_000;

/** From when on, ms, the exchange's "no such order" proves that a declared send did not arrive. */
export function believableAt({ sendBy }: { sendBy: number }, { capabilities }: ExchangeAdapter): number {
  return sendBy + capabilities.requestValidityMs + capabilities.readDelayMs + CLOCK_DIFFERENCE_MAX_MS;
}
