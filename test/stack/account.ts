import type { ExchangeId } from '../../src/domain/exchange';
import type { Services } from '../../src/composition/services';
import { SimulatorAdmin } from '../../src/simulator/admin-client';
import type { SimulatorAddresses } from '../../src/local/simulator';
import type { ExchangeConfigInput } from '../../src/exchange-service/config-input';
import { systemRandom } from '../../src/platform/random';

/** A tenant of a test's own with an account at simulated Binance. */
export interface TestAccount {
  tenantId: string;
  exchangeId: ExchangeId;
  admin: SimulatorAdmin;
}

/** Opens an account and registers it, so that nothing is shared with other tests but the machines. */
export async function openTestAccount(
  services: Pick<Services, 'exchanges'>,
  simulator: SimulatorAddresses,
  registration: Partial<ExchangeConfigInput> = {},
): Promise<TestAccount> {
  const tenantId = `t-${systemRandom.uuid()}`;
  const credentials = { apiKey: `key-${tenantId}`, apiSecret: `secret-${tenantId}` };
  const admin = new SimulatorAdmin(simulator.adminUrl);
  await admin.addAccount({
    accountId: tenantId,
    ...credentials,
    balances: { USDT: '10000000', BTC: '100', ETH: '1000' },
  });
  const { rest = '', ws = '', wsApi = '' } = simulator.exchanges['binance'] ?? {};
  const endpoints = { restEndpoint: rest, wsEndpoint: wsApi, wsPublicEndpoint: `${ws}/stream` };
  await services.exchanges.registerExchange(tenantId, {
    exchangeId: 'BINANCE',
    mode: 'SANDBOX',
    credentials,
    ...endpoints,
    ...registration,
  });
  return { tenantId, exchangeId: 'BINANCE', admin };
}
