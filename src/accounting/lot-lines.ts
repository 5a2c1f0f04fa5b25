import type { DecimalString } from '../domain/decimal';
import { Decimal, formatDecimal } from '../domain/decimal';
import type { ExchangeId } from '../domain/exchange';
import type { PositionHistory } from '../domain/position';
import { isoTime } from '../platform/clock';
import type { BookedEntry } from '../storage/executions';
import type { HistoryScope } from '../storage/positions';
import { type BookedRange, type JournalEntry, journalOf, type JournalStores } from './journal';
import { LotBook, type LotPart, type LotTrade } from './lots';
import { RestatedTrades } from './restated-trades';

/** With a strategy, its trades alone are matched, as if it had positions of its own. */
export interface LotScope extends HistoryScope {
  strategyId?: string;
}

export interface LotLine extends LotPart {
  exchangeId: ExchangeId;
  assetId: string;
}

/**
 * One position by both methods: its lots first in, first out, and the ledger at average cost. They part one gain
 * differently in time; what the trades brought in quote is the same by both, and the quantity is.
 */
export interface LotReconciliation {
  exchangeId: ExchangeId;
  assetId: string;
  quantity: DecimalString;
  realizedByLots: DecimalString;
  realizedAtAverage: DecimalString;
  openValueByLots: DecimalString;
  openValueAtAverage: DecimalString;
  /** What left as fees in base or by adjustments, by lots; it is in neither of the others. */
  givenUpByLots: DecimalString;
  /** Of the lots' quantity from the ledger's; "0". */
  quantityDifference: DecimalString;
  /** Of what the lots brought in quote from what the ledger's trades did; "0". */
  flowDifference: DecimalString;
}

interface Matched {
  book: LotBook;
  /** The last change that was seen of the position. */
  last: PositionHistory;
}

const FIRST_INSTANT = '1970-01-01T00:00:00.000Z';
const PRICE_DIGITS = 28;

/**
 * Lots of a tenant's positions, one instrument after the other: what was closed in a time, as it was booked, and what
 * was open at its end. The journal is read twice from its beginning, since what was cancelled later closes nothing.
 */
export class LotReport {
  /** Of the positions whose lines were taken; none for the lots of one strategy. */
  readonly reconciliations: LotReconciliation[] = [];

  constructor(
    private readonly stores: JournalStores,
    private readonly scope: LotScope,
    private readonly range: BookedRange,
  ) {}

  async *lines(): AsyncGenerator<LotLine> {
    const restated = new RestatedTrades();
    for await (const noted of this.journal()) restated.note(noted);
    let positions = new Map<ExchangeId, Matched>();
    let instrument: string | undefined;
    for await (const next of this.journal()) {
      const { assetId, exchangeId, timestamp } = next.change;
      if (assetId !== instrument) {
        yield* this.finish(positions);
        positions = new Map();
        instrument = assetId;
      }
      const { book, last } = positions.get(exchangeId) ?? { book: new LotBook(), last: undefined };
      const parts = this.matched(book, next, restated, last);
      positions.set(exchangeId, { book, last: next.change });
      if (timestamp >= this.range.startTime) yield* parts.map((part) => ({ ...part, exchangeId, assetId }));
    }
    yield* this.finish(positions);
  }

  private journal(): AsyncIterable<JournalEntry> {
    const { strategyId: _strategyId, ...scope } = this.scope;
    return journalOf(this.stores, scope, { ...this.range, startTime: FIRST_INSTANT });
  }

  private matched(
    book: LotBook,
    { change, entry }: JournalEntry,
    restated: RestatedTrades,
    before: PositionHistory | undefined,
  ): LotPart[] {
    if (entry === undefined) return this.scope.strategyId === undefined ? adjusted(book, change, before) : [];
    const trade = restated.tradeOf(entry);
    if (trade === undefined || trade.strategyId !== (this.scope.strategyId ?? trade.strategyId)) return [];
    return book.trade(lotTradeOf(trade));
  }

  private *finish(positions: ReadonlyMap<ExchangeId, Matched>): Generator<LotLine> {
    for (const [exchangeId, { book, last }] of positions) {
      yield* book.open().map((part) => ({ ...part, exchangeId, assetId: last.assetId }));
      if (this.scope.strategyId === undefined) this.reconciliations.push(reconciled(book, last));
    }
  }
}

function lotTradeOf({ execution, strategyId }: BookedEntry): LotTrade {
  const { executionId, assetId, side, quantity, price, quoteQuantity, commission, commissionAsset } = execution;
  const executedAt = isoTime(Date.parse(execution.timestamp));
  const moved = { quantity, price, ...(quoteQuantity !== undefined && { quoteQuantity }), commission, commissionAsset };
  return { executionId, strategyId, assetId, side, ...moved, executedAt };
}

/** What a reconciliation brought is valued as the ledger did. A change whose fill is missing is none. */
function adjusted(book: LotBook, change: PositionHistory, before: PositionHistory | undefined): LotPart[] {
  const { eventType, adjustmentId, historyId, previousQuantity, newQuantity, newAvgPrice, timestamp } = change;
  if (eventType !== 'RECONCILE') return [];
  const quantity = new Decimal(newQuantity).minus(previousQuantity);
  const isAdded = new Decimal(previousQuantity).times(quantity).gt(0);
  const value = new Decimal(change.cost).minus(before?.cost ?? '0');
  const price = isAdded ? formatDecimal(value.div(quantity).toSignificantDigits(PRICE_DIGITS)) : newAvgPrice;
  const by = adjustmentId ?? historyId;
  return book.adjust({ adjustmentId: by, quantity: formatDecimal(quantity), price, at: timestamp });
}

function reconciled(book: LotBook, { exchangeId, assetId, ...ledger }: PositionHistory): LotReconciliation {
  const { quantity, realizedGain, openValue, givenUp, cut } = book.sums();
  const brought = new Decimal(realizedGain).minus(openValue).minus(givenUp).plus(cut);
  return {
    exchangeId,
    assetId,
    quantity: ledger.newQuantity,
    realizedByLots: realizedGain,
    realizedAtAverage: ledger.realizedPnL,
    openValueByLots: openValue,
    openValueAtAverage: ledger.cost,
    givenUpByLots: givenUp,
    quantityDifference: formatDecimal(new Decimal(quantity).minus(ledger.newQuantity)),
    flowDifference: formatDecimal(brought.minus(ledger.quoteFlow)),
  };
}
