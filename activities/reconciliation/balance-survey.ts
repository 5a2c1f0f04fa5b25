import { OVERLAP_MS, FIRST_LOOKBACK_MS } from '../../src/connections/cursor';
import { ServiceError } from '../../src/domain/errors';
import { currenciesOf } from '../../src/domain/order-request';
import type { ReconciledAccount, ReconciliationInput, Settlement } from '../../src/domain/reconciliation';
import type { ExchangeAdapter } from '../../src/exchanges/adapter';
import type { EventProcessor } from '../connection/event-processor';
import { patiently } from '../connection/patience';
import { type AccountLook, lookAtAccount, signatureOf } from './account-look';
import { planSettlement } from './plan-settlement';
import type { ReconciliationDeps } from './reconciliation-deps';
import { TradesRead } from './trades-read';

/** Two that agree are enough; a third and a fourth are needed when trades were found, the rest is for busy accounts. */
const LOOKS_MAX = 6;
/** Instruments whose trades are read after one look, 20 of Binance's weight each. */
const INSTRUMENTS_MAX = 50;

/**
 * The balances beside what explains them. What a look finds counts when it explains everything, or when the next one,
 * after the exchange's read delay and a reading of the trades, finds the same: whatever was under way is there by then.
 */
export class BalanceSurvey {
  private readonly trades: TradesRead;
  /** The instruments whose trades were read. */
  private readonly assetsRead = new Set<string>();

  constructor(
    private readonly deps: ReconciliationDeps,
    private readonly input: ReconciliationInput,
    private readonly adapter: ExchangeAdapter,
    processor: EventProcessor,
    private readonly account: ReconciledAccount | undefined,
  ) {
    const counted = account?.countedTrades ?? {};
    this.trades = new TradesRead(deps, input, adapter, processor, counted);
  }

  /** `openAssets`: instruments that may trade before they have a position. @throws ServiceError */
  async run(openAssets: readonly string[]): Promise<Settlement> {
    const firstSinceMs = this.deps.clock.now() - FIRST_LOOKBACK_MS;
    const sinceMs = (this.account?.sinceMs ?? firstSinceMs) - OVERLAP_MS;
    let before: AccountLook | undefined;
    for (let looks = 1; looks <= LOOKS_MAX; looks++) {
      const look = await patiently(this.deps, this.input.exchangeId, () =>
        lookAtAccount(this.deps, this.input, this.adapter, this.account, [...this.trades.foreign.values()]),
      );
      if (this.isSettled(look, before)) return await this.settlementOf(look, openAssets);
      if (look !== undefined) await this.readTrades(look, openAssets, sinceMs);
      before = look;
      await this.deps.clock.sleep(this.adapter.capabilities.readDelayMs);
    }
    return unsettled(before?.positions.length ?? 0);
  }

  private isSettled(look: AccountLook | undefined, before: AccountLook | undefined): look is AccountLook {
    if (look === undefined) return false;
    if (this.account !== undefined && look.differences.length === 0) return true;
    return before !== undefined && signatureOf(look) === signatureOf(before);
  }

  private async settlementOf(look: AccountLook, openAssets: readonly string[]): Promise<Settlement> {
    const behind = await this.instrumentsBehind(look, openAssets);
    const unread = behind.filter((assetId) => !this.assetsRead.has(assetId));
    const foreign = [...this.trades.foreign.values()];
    const hasTransfers = this.adapter.capabilities.transfers;
    return planSettlement({ input: this.input, account: this.account, look, foreign, unread, hasTransfers });
  }

  private async readTrades(look: AccountLook, openAssets: readonly string[], sinceMs: number): Promise<void> {
    const assetIds = await this.instrumentsBehind(look, openAssets);
    for (const assetId of assetIds.slice(0, INSTRUMENTS_MAX)) {
      await this.trades.read(assetId, sinceMs);
      this.assetsRead.add(assetId);
    }
    if (!this.trades.isTooMuch || this.input.accept === true) return;
    const { tenantId, exchangeId } = this.input;
    const what = `${tenantId}'s account at ${exchangeId} has been traded by others more than can be followed trade by trade: reconcile it with accept, and more often.`;
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', what);
  }

  /**
   * Whose trades could be behind a difference: instruments of ours that have one of the currencies, others that have
   * both. Those that have both come first, since not all may be read.
   */
  private async instrumentsBehind(
    { positions, differences }: AccountLook,
    openAssets: readonly string[],
  ): Promise<string[]> {
    const own = new Set([...positions.map(({ assetId }) => assetId), ...openAssets]);
    if (this.account === undefined) return [...own];
    const differing = new Set(differences.map(({ currency }) => currency));
    const sidesIn = (assetId: string): number => {
      const { base, quote } = currenciesOf(assetId);
      return Number(differing.has(base)) + Number(differing.has(quote));
    };
    const listed = differing.size < 2 ? [] : await this.adapter.instruments();
    const others = listed
      .map(({ assetId }) => assetId)
      .filter((assetId) => !own.has(assetId) && sidesIn(assetId) === 2);
    const candidates = [...[...own].filter((assetId) => sidesIn(assetId) > 0), ...others];
    return candidates.sort((one, other) => sidesIn(other) - sidesIn(one));
  }
}

function unsettled(positionsChecked: number): Settlement {
  return {
    state: 'UNSETTLED',
    problem: `Balances and books did not stand still together in ${LOOKS_MAX} looks; nothing was compared.`,
    positionsChecked,
    discrepancies: [],
    unexplained: [],
    balances: [],
    unseen: [],
  };
}
