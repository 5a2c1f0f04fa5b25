import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Alert } from '../../src/alerts/alerts';
import { SIGNATURE_HEADER, signatureOf } from '../../src/alerts/webhook-sink';
import { Desk } from '../simulation/desk';
import { eventually } from '../stack/eventually';
import { freshNamespace } from '../stack/namespace';
import { testStack } from '../stack/stack';
import type { WorkerProcess } from '../stack/worker-process';
import { startWorkerProcess } from '../stack/worker-process';

const TIME_LIMIT_MS = 120_000;
const SECRET = 'the receiver knows it too';

let receiver: Server;
let desk: Desk;
let worker: WorkerProcess;
const received: { alert: Alert; genuine: boolean }[] = [];

beforeAll(async () => {
  receiver = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
      const header = String(request.headers[SIGNATURE_HEADER]);
      const sentAtMs = Number(/^t=(\d+),/.exec(header)?.[1]);
      received.push({ alert: JSON.parse(body) as Alert, genuine: header === signatureOf(body, SECRET, sentAtMs) });
      response.end();
    })();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const port = (receiver.address() as AddressInfo).port;
  Object.assign(process.env, { ALERT_WEBHOOK_URL: `http://127.0.0.1:${port}/alerts`, ALERT_WEBHOOK_SECRET: SECRET });
  const stack = testStack();
  // Of its own, so that the alerts are those of the worker that was told of the webhook.
  const namespace = await freshNamespace(stack.temporalAddress, 'disabled');
  worker = await startWorkerProcess(stack, 'all-workers', { namespace });
  desk = await Desk.open({ stack, namespace, simulator: stack.simulator });
}, TIME_LIMIT_MS);
afterAll(async () => {
  delete process.env['ALERT_WEBHOOK_URL'];
  delete process.env['ALERT_WEBHOOK_SECRET'];
  await desk?.close();
  await worker?.stop();
  await new Promise((resolve) => receiver.close(resolve));
}, TIME_LIMIT_MS);

test(
  'a key that was taken away stops new orders, is told by webhook, and leaves those at the exchange to be cancelled',
  async () => {
    const { manager, services, tenantId, admin } = desk;
    const resting = await manager.submitOrder(desk.anOrder());
    expect(resting.status).toBe('OPEN');
    await admin.addFault({
      match: { endpoint: 'POST /api/v3/order', apiKey: `key-${tenantId}`, times: 1 },
      effect: {
        kind: 'status-before',
        status: 401,
        code: -2015,
        msg: 'Invalid API-key, IP, or permissions for action.',
      },
    });
    expect(await manager.submitOrder(desk.anOrder())).toMatchObject({
      status: 'REJECTED',
      error: { code: 'AUTHENTICATION_FAILED', exchangeCode: '-2015' },
    });
    expect(await manager.submitOrder(desk.anOrder())).toMatchObject({
      status: 'REJECTED',
      error: { code: 'EXCHANGE_UNAVAILABLE', message: expect.stringContaining('-2015') as string },
    });
    const alert = await eventually(() => {
      const own = received.find(({ alert: { tenantId: of, code } }) => of === tenantId && code === 'EXCHANGE_DISABLED');
      if (own === undefined) throw new Error('Nobody was told.');
      return own;
    });
    expect(alert).toMatchObject({ genuine: true, alert: { severity: 'CRITICAL', exchangeId: 'BINANCE' } });
    expect(await manager.cancelOrder(tenantId, resting.orderId)).toMatchObject({ status: 'CANCELLED' });
    await services.exchanges.setExchangeStatus(tenantId, 'BINANCE', 'ACTIVE');
    expect(await manager.submitOrder(desk.anOrder())).toMatchObject({ status: 'OPEN' });
  },
  TIME_LIMIT_MS,
);
