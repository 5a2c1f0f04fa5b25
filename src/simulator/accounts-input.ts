import type { DecimalString } from '../domain/decimal';
import { parseDecimal } from '../domain/decimal';
import type { Clock } from '../platform/clock';
import type { Exchange } from './exchange/exchange';
import { type FeeRates, isInternalAccount } from './exchange/model';

/** An account with one API key. Opening one that is there already changes nothing but adding the key. */
export interface AccountInput {
  /** Default: the API key. Several keys may share an account. */
  readonly accountId?: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly balances: Readonly<Record<string, DecimalString>>;
  /** Parts of what is received; default 0.001 each. */
  readonly fees?: FeeRates;
}

const DEFAULT_FEES: FeeRates = { maker: '0.001', taker: '0.001' };

/** @throws RangeError for an id that is reserved or a balance that is no decimal */
export function openAccount(exchange: Exchange, clock: Clock, input: AccountInput): { accountId: string } {
  const { apiKey, apiSecret, balances, fees = DEFAULT_FEES } = input;
  const accountId = input.accountId ?? apiKey;
  if (isInternalAccount(accountId))
    throw new RangeError(`The accountId "${accountId}" is reserved: start it without "$".`);
  for (const amount of Object.values(balances)) parseDecimal(amount);
  exchange.execute({ type: 'open-account', atMs: clock.now(), accountId, balances, fees });
  exchange.execute({ type: 'add-key', atMs: clock.now(), accountId, apiKey, apiSecret });
  return { accountId };
}
