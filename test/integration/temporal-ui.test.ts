import type { Browser, Locator, Page } from 'playwright-core';
import { orderIdOf } from '../../src/domain/ids';
import { orderWorkflowId } from '../../workflows/order/contract';
import type { TestAccount } from '../stack/account';
import { openBrowser } from '../stack/browser';
import { eventually } from '../stack/eventually';
import { restingOrder } from '../stack/resting-order';
import { startService, type TestService } from '../stack/service';
import { testStack } from '../stack/stack';

/** Chromium is got once for all runs; a first run waits for that. */
const INSTALL_LIMIT_MS = 300_000;
const STEP_LIMIT_MS = 20_000;
jest.setTimeout(120_000);

let service: TestService;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await openBrowser();
  service = await startService(testStack());
  page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  page.setDefaultTimeout(STEP_LIMIT_MS);
}, INSTALL_LIMIT_MS);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

/** An order that did not arrive, at an exchange that answers nothing about it. */
async function stuckOrder(account: TestAccount): Promise<string> {
  const { tenantId, admin } = account;
  for (const endpoint of ['POST /api/v3/order', 'GET /api/v3/order']) {
    const match = { endpoint, apiKey: `key-${tenantId}` };
    await admin.addFault({ match, effect: { kind: 'status-before', status: 503 } });
  }
  const submitted = service.orderManager.submitOrder(restingOrder(account.tenantId, { idempotencyKey: 'stuck' }), {
    timeoutMs: 2_000,
  });
  await expect(submitted).rejects.toMatchObject({ code: 'ANSWER_PENDING' });
  const orderId = orderIdOf(tenantId, 'stuck');
  await eventually(async () => {
    expect((await service.orderManager.getOrder(tenantId, orderId)).stuckSince).toBeDefined();
  });
  return orderId;
}

/** As the README says: Workflows, the query's text, then the order. */
async function findByFilter(filter: string, workflowId: string): Promise<void> {
  await page.goto(`${testStack().temporalUiUrl}/namespaces/default/workflows`);
  await page.getByTestId('toggle-manual-query').click();
  const query = page.getByTestId('manual-search-input');
  await query.fill(filter);
  await query.press('Enter');
  await page.getByRole('link', { name: workflowId }).first().click();
}

async function readDetails(): Promise<Locator> {
  await page.getByTestId('user-metadata-tab').click();
  return page.frameLocator('iframe[title="output"]').nth(1).locator('body');
}

async function act(action: string): Promise<Locator> {
  await page.getByRole('button', { name: 'More Actions' }).click();
  await page.getByRole('menuitem', { name: action }).click();
  return page.getByRole('dialog').filter({ hasText: action });
}

test('a stuck order is found in the Temporal UI, says what to send, and is resolved by sending it', async () => {
  const account = await service.openAccount({ connected: false, registration: { stuckAfterMs: 300 } });
  const { tenantId } = account;
  const orderId = await stuckOrder(account);
  await findByFilter(`TenantId = "${tenantId}" AND StuckSince IS NOT NULL`, orderWorkflowId(tenantId, orderId));

  const details = await readDetails();
  await details.getByText('STUCK since').waitFor();
  const choices = (await details.locator('pre').innerText()).split('\n');
  const decision = choices.find((choice) => choice.includes('MARK_REJECTED')) ?? '';

  const dialog = await act('Send an Update');
  await dialog.getByTestId('update-select-button').click();
  await dialog.getByRole('option', { name: /^resolve/ }).click();
  await dialog.locator('[contenteditable=true]').click();
  await page.keyboard.insertText(decision.replace('why', 'not among its orders').replace('your name', 'ada'));
  await page.keyboard.press('Tab'); // the editor lays the JSON out when it is left, and the button moves
  await dialog.getByRole('button', { name: 'Submit' }).click();

  await page.getByText('Completed', { exact: true }).first().waitFor();
  const resolved = await service.orderManager.getOrder(tenantId, orderId);
  expect(resolved).toMatchObject({ status: 'REJECTED' });
  expect(resolved.events.find(({ type }) => type === 'RESOLVED')).toMatchObject({
    by: 'ada',
    detail: 'MARK_REJECTED: not among its orders',
  });
});

test('Request Cancellation in the Temporal UI means: cancel at the exchange, then close', async () => {
  const account = await service.openAccount({ connected: false });
  const { tenantId } = account;
  const { orderId } = await service.orderManager.submitOrder(
    restingOrder(account.tenantId, { idempotencyKey: 'open' }),
  );
  const filter = `TenantId = "${tenantId}" AND OrderStatus = "OPEN" AND ExchangeId = "BINANCE"`;
  await findByFilter(filter, orderWorkflowId(tenantId, orderId));
  await page.getByRole('button', { name: 'Request Cancellation' }).click();
  const dialog = page.getByRole('dialog').filter({ hasText: 'Cancel' });
  await dialog.getByTestId('confirm-modal-button').click();
  await page.getByText('Completed', { exact: true }).first().waitFor();
  const cancelled = await service.orderManager.getOrder(tenantId, orderId);
  expect(cancelled).toMatchObject({ status: 'CANCELLED' });
  const { orders } = await account.admin.state();
  expect(orders.find(({ clientOrderId }) => clientOrderId === cancelled.clientOrderId)?.status).toBe('CANCELED');
});
