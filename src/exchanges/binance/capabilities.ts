import type { Capabilities } from '../adapter';
import type { ExchangeWaits } from '../exchange-module';
import { SANDBOX_HOSTS } from './environments';

/** How long a signed request is good for at Binance, ms (their advice: 5000 or less). */
export const RECV_WINDOW_MS = 5_000;
/** Binance takes a timestamp that lies this far ahead of its own clock (rest-api.md, Timing security). */
const CLOCK_LEAD_MS_MAX = 1_000;

/**
 * What Binance spot has. No GTD (enums.md). A MARKET order never rests, whatever its time in force: GTC and IOC both
 * name what it does. No TRAILING_STOP: Binance trails by basis points of a moving extreme, ours by an amount of quote
 * currency, and no basis points equal an amount at every price (README.md). Its spot API has no call that cancels all
 * orders unless it is called again; only its futures have (countdownCancelAll).
 */
export const CAPABILITIES: Capabilities = {
  orders: {
    MARKET: ['GTC', 'IOC'],
    LIMIT: ['GTC', 'IOC', 'FOK'],
    STOP_LIMIT: ['GTC', 'IOC', 'FOK'],
    STOP_MARKET: ['GTC'],
  },
  postOnly: true,
  amendment: 'CANCEL_REPLACE',
  deadMansSwitch: false,
  webSocket: true,
  fix: false,
  findByClientOrderId: true,
  transfers: true,
  requestValidityMs: RECV_WINDOW_MS + CLOCK_LEAD_MS_MAX,
  readDelayMs: 2_000,
};

/** What an account there has: with the waits of a simulated exchange, and without what Binance's test net lacks. */
export function capabilitiesOf(restEndpoint: string, waits: ExchangeWaits = {}): Capabilities {
  const { recvWindowMs = RECV_WINDOW_MS, readDelayMs = CAPABILITIES.readDelayMs } = waits;
  const requestValidityMs = recvWindowMs + CLOCK_LEAD_MS_MAX;
  // The test net has no /sapi (testnet/general-info.md).
  const transfers = !SANDBOX_HOSTS.includes(new URL(restEndpoint).hostname);
  return { ...CAPABILITIES, requestValidityMs, readDelayMs, transfers };
}
