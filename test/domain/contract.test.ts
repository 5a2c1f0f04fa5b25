import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withCapabilityTable } from '../../src/contract/capability-table';
import { contractSchema } from '../../src/contract/contract-schema';
import { withErrorTable } from '../../src/contract/error-table';
import { ERROR_CATALOGUE } from '../../src/domain/errors';
import { clientOrderIdOf, orderIdOf } from '../../src/domain/ids';
import {
  ORDERS_TASK_QUEUE,
  ORDER_WORKFLOW_TYPE,
  orderWorkflowId,
  SEARCH_ATTRIBUTES,
} from '../../workflows/order/contract';
import { contractFaults } from '../client/contract-check';

const file = (name: string): string => readFileSync(join(__dirname, '..', '..', 'workflows', 'order', name), 'utf8');
const readme = file('README.md');

test('the published JSON Schema is the one that the code has (npm run contract)', () => {
  expect(JSON.parse(file('contract.schema.json'))).toEqual(JSON.parse(JSON.stringify(contractSchema())));
});

test('the published table of error codes is the one that the code has (npm run contract)', () => {
  expect(withErrorTable(readme)).toBe(readme);
  for (const code of Object.keys(ERROR_CATALOGUE)) expect(readme).toContain(`| \`${code}\` `);
});

test('the published table of capabilities is the one that the adapters declare (npm run contract)', () => {
  const text = readFileSync(join(__dirname, '..', '..', 'src', 'exchanges', 'README.md'), 'utf8');
  expect(withCapabilityTable(text)).toBe(text);
});

test("the README's example of ids is right", () => {
  const row =
    /^\| `(?<tenant>[\w-]+)` \| `(?<key>[\w-]+)` \| `(?<order>[^`]+)` \| `(?<workflow>[^`]+)` \| `(?<client>[^`]+)` \|$/m;
  const { tenant = '', key = '', order, workflow, client } = row.exec(readme)?.groups ?? {};
  const orderId = orderIdOf(tenant, key);
  expect({ order, workflow, client }).toEqual({
    order: orderId,
    workflow: orderWorkflowId(tenant, orderId),
    client: clientOrderIdOf(orderId, 0),
  });
});

test('the README has the names that the code has', () => {
  expect(readme).toContain(`\`${ORDERS_TASK_QUEUE}\`, \`${ORDER_WORKFLOW_TYPE}\``);
  for (const name of Object.keys(SEARCH_ATTRIBUTES)) expect(readme).toContain(`\`${name}\``);
});

describe('the JSON Schema', () => {
  const order = {
    tenantId: 'demo',
    strategyId: 's',
    assetId: 'BTC/USDT',
    side: 'BUY',
    orderType: 'LIMIT',
    quantity: 0.01,
    price: '20000',
    timeInForce: 'GTC',
    idempotencyKey: 'k',
    timestamp: '2026-01-31T12:00:00Z',
  };

  test('takes an order, with decimals as numbers or as text', () => {
    expect(contractFaults('OrderRequest', order)).toEqual([]);
  });

  test.each([
    ['a wrong side', { side: 'HOLD' }],
    ['a quantity with an exponent', { quantity: '1e-3' }],
    ['a negative quantity', { quantity: -1 }],
    ['a tenant with /', { tenantId: 'a/b' }],
    ['a field that no order has', { leverage: 5 }],
    ['a missing time in force', { timeInForce: undefined }],
  ])('refuses %s', (_, changes) => {
    expect(contractFaults('OrderRequest', { ...order, ...changes })).not.toEqual([]);
  });

  test('has no pattern that only some languages read', () => {
    expect(JSON.stringify(contractSchema())).not.toMatch(/\(\?</);
  });
});
