import { changeOfUpdate, advance } from '../../src/domain/order-lifecycle';
import { addFills, newOrderState } from '../../src/domain/order-state';
import { OrderLife } from '../../workflows/order/order-life';
import { orderOf } from '../exchanges/placing';
import { anExecution } from '../storage/stores';

const AT = '2026-01-31T12:00:00.000Z';

/** An order that was reset: its fill is told again before the answer to its submission is. */
function resetOrder(filledAs: string, submittedAs: string): OrderLife {
  const request = orderOf();
  const life = new OrderLife(request, AT);
  const { quantity, assetId, tenantId, orderId } = request;
  const fill = anExecution(request, '1', { quantity, exchangeOrderId: filledAs });
  const ledger = addFills(newOrderState(request, AT).ledger, [fill]);
  life.hearExecutions([{ ...fill, ledger }]);
  const update = { tenantId, orderId, assetId, exchangeId: 'BINANCE', exchangeOrderId: submittedAs } as const;
  const open = { ...update, status: 'OPEN', filledQuantity: '0', remainingQuantity: quantity, timestamp: AT } as const;
  const facts = advance(newOrderState(request, AT), changeOfUpdate(open), AT);
  life.adoptSubmitResult({ result: 'settled', facts });
  return life;
}

test('an order that was changed, filled and reset asks how it stands: the fill is of another placement than was submitted', () => {
  expect(resetOrder('815', '794').outdated).toBe(true);
});

test('an order that was filled as it was submitted does not ask', () => {
  expect(resetOrder('794', '794').outdated).toBe(false);
});
