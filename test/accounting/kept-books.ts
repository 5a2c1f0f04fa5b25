import fc from 'fast-check';
import type { JournalEntry } from '../../src/accounting/journal';
import { Decimal, formatDecimal } from '../../src/domain/decimal';
import type { BookedExecution } from '../../src/domain/order';
import { ORDER_SIDES } from '../../src/domain/order-request';
import { emptyPosition, type PositionState } from '../../src/domain/position';
import { applyAdjustment, applyFill, type PositionChange } from '../../src/domain/position-changes';
import { reversalOf } from '../../src/ledger/restatement';
import { decimalString } from '../properties/generators';

const AT = '2026-01-31T12:00:00.000Z';

/** What may happen to a tenant's positions. `pick` chooses among what there is. */
export type Happening =
  | {
      what: 'TRADE';
      assetId: string;
      side: 'BUY' | 'SELL';
      quantity: string;
      price: string;
      fee: string;
      feeIn: string;
    }
  | { what: 'BUST'; pick: number }
  | { what: 'CORRECT'; pick: number; quantity: string; price: string }
  | { what: 'ADJUST'; assetId: string; quantity: string };

const ASSETS = ['BTC/USDT', 'ETH/BTC', 'ETH/USDT'] as const;
const quantity = (): fc.Arbitrary<string> => decimalString({ min: '0.00000001', max: '50', scale: 8 });
const price = (): fc.Arbitrary<string> => decimalString({ min: '0.01', max: '200', scale: 2 });

export const happenings = (): fc.Arbitrary<Happening[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          what: fc.constant('TRADE' as const),
          assetId: fc.constantFrom(...ASSETS),
          side: fc.constantFrom(...ORDER_SIDES),
          quantity: quantity(),
          price: price(),
          fee: decimalString({ min: '-0.001', max: '0.01', scale: 6 }),
          feeIn: fc.constantFrom('USDT', 'BNB', 'BTC', 'ETH'),
        }),
      },
      { weight: 1, arbitrary: fc.record({ what: fc.constant('BUST' as const), pick: fc.nat() }) },
      {
        weight: 1,
        arbitrary: fc.record({
          what: fc.constant('CORRECT' as const),
          pick: fc.nat(),
          quantity: quantity(),
          price: price(),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          what: fc.constant('ADJUST' as const),
          assetId: fc.constantFrom(...ASSETS),
          quantity: decimalString({ min: '0.1', max: '9', scale: 3 }),
        }),
      },
    ),
    { maxLength: 40 },
  );

/** The books as the ledger keeps them, in memory: positions, their history, and the booked entries. */
export class KeptBooks {
  readonly journal: JournalEntry[] = [];
  private readonly byAsset = new Map<string, PositionState>();
  /** What may still be busted, with what it realized. */
  private readonly standing: { execution: BookedExecution; realizedPnL: string }[] = [];

  positions(): PositionState[] {
    return [...this.byAsset.values()];
  }

  happen(happening: Happening): void {
    switch (happening.what) {
      case 'TRADE':
        return this.trade(this.executionOf(happening));
      case 'BUST':
        return void this.bust(happening.pick);
      case 'CORRECT': {
        const busted = this.bust(happening.pick);
        if (busted === undefined) return;
        const { quantity: corrected, price: correctedPrice } = happening;
        const { quoteQuantity: _ofTheTrade, ...trade } = busted;
        const executionId = `${busted.executionId}-corrected`;
        const restates = { kind: 'CORRECTION' as const, executionId: busted.executionId, reason: 'wrong', by: 'ada' };
        return this.trade({ ...trade, executionId, quantity: corrected, price: correctedPrice, restates });
      }
      case 'ADJUST': {
        const { assetId, quantity: delta } = happening;
        const adjustmentId = String(this.journal.length);
        const adjustment = {
          adjustmentId,
          tenantId: 'acme',
          assetId,
          exchangeId: 'BINANCE',
          quantity: delta,
          reason: 'found',
        } as const;
        return void this.record(applyAdjustment(this.positionOf(assetId), adjustment, AT));
      }
    }
  }

  private trade(execution: BookedExecution): void {
    this.standing.push({ execution, realizedPnL: this.book(execution) });
  }

  private bust(pick: number): BookedExecution | undefined {
    const [busted] = this.standing.splice(pick % Math.max(1, this.standing.length), 1);
    if (busted === undefined) return undefined;
    const { execution, realizedPnL } = busted;
    this.book(reversalOf(execution, { reason: 'bust', by: 'ada', realizedPnL }));
    return execution;
  }

  private book(execution: BookedExecution): string {
    const before = this.positionOf(execution.assetId);
    const change = applyFill(before, execution, AT);
    const realizedPnL = formatDecimal(new Decimal(change.position.realizedPnL).minus(before.realizedPnL));
    this.record(change, { execution, source: 'STREAM', bookedAt: AT, strategyId: 'momentum', realizedPnL });
    return realizedPnL;
  }

  private record({ position, history }: PositionChange, entry?: JournalEntry['entry']): void {
    this.byAsset.set(position.assetId, position);
    this.journal.push({ change: history, ...(entry !== undefined && { entry }) });
  }

  private positionOf(assetId: string): PositionState {
    return this.byAsset.get(assetId) ?? emptyPosition('acme', assetId, 'BINANCE', AT);
  }

  private executionOf({
    assetId,
    side,
    fee,
    feeIn,
    ...amounts
  }: Extract<Happening, { what: 'TRADE' }>): BookedExecution {
    return {
      executionId: String(this.journal.length),
      orderId: 'order',
      tenantId: 'acme',
      exchangeOrderId: '1',
      exchangeId: 'BINANCE',
      assetId,
      side,
      quantity: amounts.quantity,
      price: amounts.price,
      quoteQuantity: formatDecimal(
        new Decimal(amounts.quantity).times(amounts.price).toDecimalPlaces(8, Decimal.ROUND_DOWN),
      ),
      commission: fee,
      commissionAsset: feeIn,
      timestamp: AT,
      receivedAt: AT,
    };
  }
}
