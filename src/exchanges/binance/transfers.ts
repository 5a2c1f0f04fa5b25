import type { Transfer } from '../../domain/account';
import { formatDecimal, parseDecimal } from '../../domain/decimal';
import { ServiceError } from '../../domain/errors';
import type { Clock } from '../../platform/clock';
import { isoTime } from '../../platform/clock';
import type { BinanceEndpoints, Reply } from './endpoints';
import { asked, dataOf } from './outcomes';
import type { Params } from './translate';
import type { Deposit, Withdrawal } from './wire';

const LOOKBACK_DAYS_MAX = 90;
const DAY_MS = 86_400_000;
const PAGE = 1_000;
/** Five pages of withdrawals weigh half of what an account may use in a minute. */
const PAGES_MAX = 5;

/** Credited, withdrawable or not yet. */
const CREDITED: ReadonlySet<number> = new Set([1, 6]);
/** Cancelled, rejected, failed: the balance has it back. */
const GIVEN_BACK: ReadonlySet<number> = new Set([1, 3, 5]);
const FUNDING_WALLET = 1;

/** The account's deposits and withdrawals. */
export class Transfers {
  constructor(
    private readonly endpoints: BinanceEndpoints,
    private readonly clock: Clock,
  ) {}

  /** @throws ServiceError */
  async list(sinceMs: number): Promise<Transfer[]> {
    this.refuseTooOld(sinceMs);
    const [deposits, withdrawals] = [
      await this.pages('deposits', sinceMs, (params) => this.endpoints.depositHistory(params)),
      await this.pages('withdrawals', sinceMs, (params) => this.endpoints.withdrawHistory(params)),
    ];
    return [...deposits.map(transferOfDeposit), ...withdrawals.map(transferOfWithdrawal)];
  }

  /** The newest come first: one that is made meanwhile moves others to the next page, so they may come twice. */
  private async pages<T extends { id: string }>(
    what: string,
    sinceMs: number,
    call: (params: Params) => Promise<Reply<T[]>>,
  ): Promise<T[]> {
    const rows = new Map<string, T>();
    for (let page = 0; page < PAGES_MAX; page++) {
      const params = { startTime: String(sinceMs), offset: String(page * PAGE), limit: String(PAGE) };
      const found = dataOf(`The list of ${what}`, await asked(() => call(params)));
      for (const row of found) rows.set(row.id, row);
      if (found.length < PAGE) return [...rows.values()];
    }
    throw new ServiceError(
      'INVALID_INPUT',
      `There are more than ${PAGES_MAX * PAGE} ${what} since ${isoTime(sinceMs)}: too many to be read.`,
    );
  }

  private refuseTooOld(sinceMs: number): void {
    if (this.clock.now() - sinceMs < LOOKBACK_DAYS_MAX * DAY_MS) return;
    const what = `Deposits and withdrawals since ${isoTime(sinceMs)} lie more than ${LOOKBACK_DAYS_MAX} days back.`;
    throw new ServiceError('INVALID_INPUT', what);
  }
}

function transferOfDeposit({ id, amount, coin, status, insertTime, walletType }: Deposit): Transfer {
  const counts = CREDITED.has(status) && walletType !== FUNDING_WALLET;
  return {
    transferId: `deposit-${id}`,
    type: 'DEPOSIT',
    asset: coin,
    effect: counts ? formatDecimal(parseDecimal(amount)) : '0',
    timestamp: isoTime(insertTime),
  };
}

function transferOfWithdrawal(row: Withdrawal): Transfer {
  const { id, amount, transactionFee = '0', coin, status, applyTime, walletType } = row;
  const counts = !GIVEN_BACK.has(status) && walletType !== FUNDING_WALLET;
  return {
    transferId: `withdrawal-${id}`,
    type: 'WITHDRAWAL',
    asset: coin,
    effect: counts ? formatDecimal(parseDecimal(amount).plus(transactionFee).negated()) : '0',
    timestamp: isoTime(Date.parse(`${applyTime.replace(' ', 'T')}Z`)),
  };
}
