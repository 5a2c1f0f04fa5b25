import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { invalidOrder } from '../../src/domain/errors';
import { orderIdOf } from '../../src/domain/ids';
import { parseOrderRequest } from '../../src/domain/order-request';
import { contractFaults } from '../client/contract-check';
import { openTradingDesk, type TradingDesk } from '../client/trading-desk';
import { pythonOfRiskEngine } from '../stack/python';
import { testStack } from '../stack/stack';

/** The SDK is installed once for all runs; a first run waits for that. */
const INSTALL_LIMIT_MS = 300_000;
const RISK_ENGINE = join(__dirname, 'risk_engine.py');

let desk: TradingDesk;
let steps: Map<string, unknown>;
beforeAll(async () => {
  const python = await pythonOfRiskEngine();
  desk = await openTradingDesk(testStack());
  const env = { TEMPORAL_ADDRESS: testStack().temporalAddress };
  const { stdout } = await promisify(execFile)(python, [RISK_ENGINE, desk.tenantId], { env });
  const lines = stdout.trim().split('\n');
  steps = new Map(
    lines.map((line) => JSON.parse(line) as { step: string; value: unknown }).map(({ step, value }) => [step, value]),
  );
}, INSTALL_LIMIT_MS);
afterAll(async () => {
  await desk?.close();
});

test('a Risk Engine in Python derives the same ids', () => {
  expect(steps.get('ids')).toMatchObject({ orderId: orderIdOf(desk.tenantId, 'python-good') });
});

test('it starts an order and gets the acknowledgement; asking again gets the same, and one order is placed', async () => {
  const submitted = steps.get('submitted');
  expect(submitted).toMatchObject({ schemaVersion: 1, status: 'OPEN', exchangeOrderId: expect.any(String) });
  expect(contractFaults('OrderResponse', submitted)).toEqual([]);
  expect(steps.get('again')).toEqual(submitted);
  expect(await desk.ordersAtExchange('python-good')).toBe(1);
});

test('it is refused another order under the same key', () => {
  expect(steps.get('other')).toMatchObject({
    status: 'REJECTED',
    error: { code: 'IDEMPOTENCY_KEY_REUSED', faults: [{ field: 'price' }] },
  });
});

test('it reads the order and cancels it', () => {
  const order = steps.get('read');
  expect(order).toMatchObject({ status: 'OPEN', quantity: '0.01', metadata: { desk: 'Zürich' } });
  expect(contractFaults('Order', order)).toEqual([]);
  const cancelled = steps.get('cancelled');
  expect(cancelled).toMatchObject({ status: 'CANCELLED' });
  expect(contractFaults('CancelResponse', cancelled)).toEqual([]);
});

test('it changes the price, and is told with the code and the faults what can’t be changed', () => {
  const modified = steps.get('modified');
  expect(modified).toMatchObject({ status: 'OPEN', remainingQuantity: '0.01' });
  expect(modified).not.toHaveProperty('error');
  expect(contractFaults('OrderResponse', modified)).toEqual([]);
  expect(steps.get('unchanged')).toMatchObject({
    type: 'INVALID_INPUT',
    details: [{ code: 'INVALID_INPUT', faults: [{ message: 'The modification changes nothing' }] }],
  });
});

test('a faulty order that it starts ends as REJECTED, in the words of our own client', () => {
  const parsed = parseOrderRequest(steps.get('bad'));
  const error = invalidOrder(parsed.ok ? [] : parsed.faults);
  expect(error.faults.map(({ field }) => field).sort()).toEqual(['price', 'quantity', 'side']);
  expect(steps.get('refused')).toMatchObject({ status: 'REJECTED', error });
  expect(contractFaults('OrderError', error)).toEqual([]);
});

test('the Python of the contract is what has just run', () => {
  const readme = readFileSync(join(__dirname, '..', '..', 'workflows', 'order', 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```python\n(.*?)```/gs)].map(([, code = '']) => code);
  expect(blocks.length).toBeGreaterThan(0);
  for (const block of blocks) expect(readFileSync(RISK_ENGINE, 'utf8')).toContain(block);
});
