import { createOrderManager } from '../../src/client/order-manager';
import { openServices } from '../../src/composition/services';
import type { OrderResponse } from '../../src/domain/order';
import type { OrderRequestInput } from '../../src/domain/order-request';
import { systemClock } from '../../src/platform/clock';
import { noCrashPoint } from '../../src/platform/crash-points';
import { parseEnvironment } from '../../src/platform/environment';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { connectClient } from '../../src/temporal/connect-client';

/** A client of the service in a process of its own: submits what it is told, all at once, and answers with the answers. */

export interface SubmitCommand {
  orders: OrderRequestInput[];
}

/** One for each order, in their order; `thrown` when there was no answer. */
export type SubmitAnswer = { response: OrderResponse; thrown?: never } | { response?: never; thrown: string };

async function main(): Promise<void> {
  const settings = parseEnvironment(process.env);
  const platform = { clock: systemClock, random: systemRandom, logger: silentLogger, crashPoint: noCrashPoint };
  const services = await openServices(settings, platform);
  const { client } = await connectClient(settings);
  const manager = createOrderManager({ ...services, client });
  process.on('message', ({ orders }: SubmitCommand) => {
    const submits = orders.map((order) =>
      manager.submitOrder(order).then(
        (response): SubmitAnswer => ({ response }),
        (error: unknown): SubmitAnswer => ({ thrown: String(error) }),
      ),
    );
    void Promise.all(submits).then((answers) => process.send?.(answers));
  });
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
}

void main();
