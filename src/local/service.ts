import { createOrderManager } from '../client/order-manager';
import { ensureFeed } from '../client/ensure-feed';
import { openServices } from '../composition/services';
import type { Order } from '../domain/order';
import { noCrashPoint } from '../platform/crash-points';
import { parseEnvironment } from '../platform/environment';
import { createLogger } from '../platform/logger';
import { connectClient } from '../temporal/connect-client';
import { orderWorkflowId } from '../../workflows/order/contract';
import { connectDemoExchanges, DEMO_TENANT, registerDemoExchanges } from './demo';
import type { StackOptions } from './options';
import { runSampleOrder } from './sample-order';
import { publishEnvironment, serviceEnvironment } from './service-environment';
import type { Stack } from './stack';
import { workersPart } from './workers';

/**
 * Makes a running stack a running service: tables, the development tenant, workers, its connections; then sends the
 * sample order through. @returns what takes the published environment back
 */
export async function startService(
  stack: Stack,
  options: StackOptions,
  print: (line: string) => void,
): Promise<() => void> {
  const own = serviceEnvironment(stack);
  const settings = parseEnvironment({ ...options.environment, ...own });
  const { clock, random } = options;
  const services = await openServices(settings, {
    clock,
    random,
    logger: createLogger('start', 'warn'),
    crashPoint: noCrashPoint,
  });
  const temporal = await connectClient(settings);
  try {
    await services.tables.create();
    const exchangeIds = await registerDemoExchanges(services, stack.simulator);
    await stack.run(workersPart(options, own));
    await connectDemoExchanges(temporal.client, exchangeIds);
    await ensureFeed(temporal.client);
    const orderManager = createOrderManager({ ...services, client: temporal.client });
    print('');
    const order = await runSampleOrder({
      ...services,
      orderManager,
      marketData: services.prices.marketData(DEMO_TENANT),
      print,
    });
    print(invitation(stack, order));
    return publishEnvironment(stack.directory, own);
  } finally {
    await temporal.close();
    await services.close();
  }
}

function invitation({ temporalUiUrl }: Stack, { tenantId, orderId }: Order): string {
  const workflow = encodeURIComponent(orderWorkflowId(tenantId, orderId));
  return [
    '',
    `Temporal UI:  ${temporalUiUrl}`,
    `This order:   ${temporalUiUrl}/namespaces/default/workflows/${workflow}`,
    '',
    'Try next, in another terminal:',
    `  npx exchange-integration orders submit --tenant demo --strategy mine --exchange BINANCE --asset BTC/USDT --side BUY --type LIMIT --quantity 0.01 --price 20000 --tif GTC --key my-first-order`,
    `  npx exchange-integration orders list --tenant demo`,
    `  npx exchange-integration orders cancel --tenant demo --key my-first-order --reason "just trying"`,
    '',
  ].join('\n');
}
