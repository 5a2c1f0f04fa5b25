import fc from 'fast-check';
import { Decimal, formatDecimal, sum } from '../../src/domain/decimal';
import { clientOrderIdOf } from '../../src/domain/ids';
import type { ReconciliationReport } from '../../src/domain/reconciliation';
import { systemRandom } from '../../src/platform/random';
import { ReconciliationDesk } from '../reconciliation/reconciliation-desk';
import { testStack } from '../stack/stack';
import { multipleOf } from './generators';

const RUNS = 100;
const TIME_LIMIT_MS = 120_000;
const ASSETS = ['BTC/USDT', 'ETH/USDT'] as const;
type AssetId = (typeof ASSETS)[number];
/** Limits that trade at once, and that rest, while the market stands still. */
const PRICES = {
  'BTC/USDT': { BUY: { trades: '70000', rests: '40000' }, SELL: { trades: '50000', rests: '90000' } },
  'ETH/USDT': { BUY: { trades: '3500', rests: '2000' }, SELL: { trades: '2500', rests: '4500' } },
} as const;

/** Something that happens to an account between two reconciliations. */
type Happening =
  | { kind: 'booked fill' | 'missed fill' | 'trade by hand'; assetId: AssetId; side: 'BUY' | 'SELL'; quantity: string }
  | { kind: 'transfer' | 'unlisted movement'; currency: string; amount: string }
  /** Our own books are wrong: nothing happened at the exchange. */
  | { kind: 'false booking'; assetId: AssetId; quantity: string };

const amount = multipleOf('0.001', { min: '0.01', max: '0.5' });
const signed = fc.tuple(amount, fc.boolean()).map(([value, isNegative]) => (isNegative ? `-${value}` : value));
const trade = fc.record({
  kind: fc.constantFrom('booked fill', 'missed fill', 'trade by hand'),
  assetId: fc.constantFrom(...ASSETS),
  side: fc.constantFrom('BUY', 'SELL'),
  quantity: amount,
});
const movement = fc.record({
  kind: fc.constantFrom('transfer', 'unlisted movement'),
  currency: fc.constantFrom('BTC', 'ETH', 'USDT', 'EUR'),
  amount: signed,
});
const falseBooking = fc.record({
  kind: fc.constant('false booking'),
  assetId: fc.constantFrom(...ASSETS),
  quantity: signed,
});
const happenings = fc.array(fc.oneof(trade, movement, falseBooking), { maxLength: 4 }) as fc.Arbitrary<Happening[]>;

describe('Property 27: Position Reconciliation Source of Truth', () => {
  let desk: ReconciliationDesk;
  /** What moved each balance besides trades since the opening, by whether the exchange lists it. */
  const listed: Record<string, string> = {};
  const unlisted: Record<string, string> = {};
  const opening: Record<string, string> = {};

  beforeAll(async () => {
    desk = await ReconciliationDesk.open(testStack());
    await desk.admin.deposit(desk.accountId, 'EUR', '1000');
    for (const currency of ['BTC', 'ETH', 'USDT', 'EUR']) opening[currency] = await desk.balanceOf(currency);
    // A position of each, so that every difference in a base currency has one that it belongs to.
    for (const assetId of ASSETS) await happen({ kind: 'booked fill', assetId, side: 'BUY', quantity: '0.1' });
    expect(await desk.reconcile()).toMatchObject({ state: 'OPENED' });
  }, TIME_LIMIT_MS);
  afterAll(() => desk?.close());

  it(
    'after it each position is what the exchange says, and every difference was alerted with its details',
    async () => {
      await fc.assert(
        fc.asyncProperty(happenings, async (script) => {
          for (const happening of script) await happen(happening);
          const before = desk.alerts.raised.length;
          const report = await desk.reconcile();
          for (const assetId of ASSETS) expect(await desk.quantityOf(assetId)).toBe(await quantityAtExchange(assetId));
          expectAlerts(report, before);
          const left = Object.entries(unlisted).filter(
            ([currency, total]) => ['USDT', 'EUR'].includes(currency) && total !== '0',
          );
          expect(report.state).toBe(left.length === 0 ? 'RECONCILED' : 'DISCREPANT');
          const found = report.positions?.unexplained.map(({ currency, difference }) => [currency, difference]);
          expect(found).toEqual(left.sort());
        }),
        { numRuns: RUNS },
      );
    },
    TIME_LIMIT_MS,
  );

  /** What the balance leaves for the position, by the exchange's own word and what the test has moved. */
  async function quantityAtExchange(assetId: AssetId): Promise<string> {
    const [base = ''] = assetId.split('/');
    const balance = new Decimal(await desk.balanceOf(base));
    return formatDecimal(balance.minus(opening[base] ?? '0').minus(listed[base] ?? '0'));
  }

  function expectAlerts({ positions }: ReconciliationReport, before: number): void {
    const account = { ...desk.name };
    const expected = [
      ...(positions?.discrepancies ?? []).map((discrepancy) =>
        expect.objectContaining({
          code: 'POSITION_MISMATCH',
          ...account,
          aspect: discrepancy.assetId,
          details: expect.objectContaining(discrepancy),
        }),
      ),
      ...(positions?.unexplained ?? []).map((line) =>
        expect.objectContaining({
          code: 'BALANCE_UNEXPLAINED',
          ...account,
          aspect: line.currency,
          details: expect.objectContaining(line),
        }),
      ),
    ];
    expect(desk.alerts.raised.slice(before)).toEqual(expected);
    for (const { assetId, difference } of positions?.discrepancies ?? []) {
      const made = positions?.adjustmentsMade.filter((one) => one.assetId === assetId) ?? [];
      const changes = made.map(({ previousQuantity, adjustedQuantity }) =>
        formatDecimal(new Decimal(adjustedQuantity).minus(previousQuantity)),
      );
      expect(sum(changes)).toBe(difference);
    }
  }

  async function happen(happening: Happening): Promise<void> {
    const { accountId, admin } = desk;
    switch (happening.kind) {
      case 'booked fill':
        await desk.submit(marketable(happening));
        break;
      case 'missed fill': {
        const { assetId, side, quantity } = happening;
        const order = desk.anOrder({ assetId, side, quantity, price: PRICES[assetId][side].rests });
        await desk.submit(order);
        await admin.fill({ symbol: symbolOf(assetId), clientOrderId: clientOrderIdOf(order.orderId, 0) });
        break;
      }
      case 'trade by hand': {
        const { assetId, side, quantity } = happening;
        const clientOrderId = `web_${systemRandom.uuid().slice(0, 8)}`;
        await admin.placeCustomerOrder({ accountId, symbol: symbolOf(assetId), side, quantity, clientOrderId });
        break;
      }
      case 'transfer':
        await admin.deposit(accountId, happening.currency, happening.amount);
        add(listed, happening);
        break;
      case 'unlisted movement':
        await admin.deposit(accountId, happening.currency, happening.amount, { unlisted: true });
        add(unlisted, happening);
        break;
      case 'false booking': {
        const { assetId, quantity } = happening;
        const adjustmentId = systemRandom.uuid();
        const reason = 'a mistake of ours';
        await desk.stores.ledger.bookAdjustment({ ...desk.name, adjustmentId, assetId, quantity, reason });
        break;
      }
    }
  }

  function marketable({
    assetId,
    side,
    quantity,
  }: Extract<Happening, { side: string }>): ReturnType<typeof desk.anOrder> {
    return desk.anOrder({ assetId, side, quantity, timeInForce: 'IOC', price: PRICES[assetId][side].trades });
  }
});

function symbolOf(assetId: AssetId): string {
  return assetId.replace('/', '');
}

function add(totals: Record<string, string>, { currency, amount: moved }: { currency: string; amount: string }): void {
  totals[currency] = sum([totals[currency] ?? '0', moved]);
}
