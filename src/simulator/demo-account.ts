import type { AccountInput } from './accounts-input';

/** The account that is there when none is named, for a look around by hand and for `npm start`. */
export const DEMO_ACCOUNT: AccountInput = {
  accountId: 'demo',
  apiKey: 'simulatedBinanceDemoKey0000000000000000000000000000000000000000',
  apiSecret: 'simulatedBinanceDemoSecret000000000000000000000000000000000000000',
  balances: { USDT: '10000000', BTC: '100', ETH: '1000', SOL: '10000', EUR: '1000000' },
};
