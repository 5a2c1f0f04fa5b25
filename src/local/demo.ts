import type { Client } from '@temporalio/client';
import { ensureConnection } from '../client/ensure-connection';
import { ensureReconciliation } from '../client/reconciliation-schedule';
import type { Services } from '../composition/services';
import { ServiceError } from '../domain/errors';
import type { ExchangeId } from '../domain/exchange';
import { DEMO_ACCOUNT } from '../simulator/demo-account';
import type { SimulatorAddresses } from './simulator';

/** The development tenant: every simulated exchange is registered for it under its own id, emulation allowed. */
export const DEMO_TENANT = 'demo';

/** Registers the simulated exchanges for the development tenant, or corrects their addresses. */
export async function registerDemoExchanges(
  { exchanges }: Pick<Services, 'exchanges'>,
  simulator: SimulatorAddresses,
): Promise<ExchangeId[]> {
  const names = Object.keys(simulator.exchanges);
  return await Promise.all(
    names.map((name) =>
      registerDemoExchange(exchanges, name.toUpperCase() as ExchangeId, simulator.exchanges[name] ?? {}),
    ),
  );
}

/** Has the private streams of the development tenant held, and its accounts reconciled. */
export async function connectDemoExchanges(client: Client, exchangeIds: readonly ExchangeId[]): Promise<void> {
  await Promise.all(
    exchangeIds.map(async (exchangeId) => {
      await ensureConnection(client, DEMO_TENANT, exchangeId);
      await ensureReconciliation(client, { tenantId: DEMO_TENANT, exchangeId });
    }),
  );
}

async function registerDemoExchange(
  exchanges: Services['exchanges'],
  exchangeId: ExchangeId,
  { rest = '', ws = '', wsApi = '' }: Record<string, string>,
): Promise<ExchangeId> {
  const endpoints = { restEndpoint: rest, wsEndpoint: wsApi, wsPublicEndpoint: `${ws}/stream` };
  const { apiKey, apiSecret } = DEMO_ACCOUNT;
  try {
    await exchanges.updateExchange(DEMO_TENANT, exchangeId, endpoints);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'EXCHANGE_NOT_REGISTERED') throw error;
    const registration = {
      exchangeId,
      mode: 'SANDBOX' as const,
      emulationAllowed: true,
      credentials: { apiKey, apiSecret },
    };
    await exchanges.registerExchange(DEMO_TENANT, { ...registration, name: `${exchangeId} (simulated)`, ...endpoints });
  }
  return exchangeId;
}
