import { anExecution, anIntent, anOrder, freshTenant, type Stores } from '../storage/stores';

export interface StorageFigures {
  calls: Record<string, number>;
  bytesSent: number;
  bytesReceived: number;
}

/** What an order takes of DynamoDB that is acknowledged and filled at once as a whole: intent, acknowledgement, booking. */
export async function measureOrderStorage(stores: Stores): Promise<StorageFigures> {
  const order = anOrder(freshTenant());
  const figures: StorageFigures = { calls: {}, bytesSent: 0, bytesReceived: 0 };
  stores.client.middlewareStack.add(
    (next, { commandName = 'unknown' }) =>
      async (given) => {
        const { request } = given as { request: { body?: string } };
        const result = await next(given);
        const { headers } = result.response as { headers: Record<string, string> };
        figures.calls[commandName] = (figures.calls[commandName] ?? 0) + 1;
        figures.bytesSent += Buffer.byteLength(request.body ?? '');
        figures.bytesReceived += Number(headers['content-length'] ?? 0);
        return result;
      },
    { step: 'finalizeRequest', name: 'countCalls', priority: 'low' },
  );
  await stores.orders.claimIntent(order, anIntent());
  const acknowledged = { phase: 'OPEN', exchangeOrderId: '1', submittedAt: order.timestamp } as const;
  await stores.orders.recordLifecycle(order.tenantId, order.orderId, acknowledged);
  await stores.ledger.bookFills([anExecution(order, '1', { quantity: order.quantity })], 'STREAM');
  stores.client.middlewareStack.remove('countCalls');
  return figures;
}
