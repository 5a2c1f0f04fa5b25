import { Decimal } from '../../domain/decimal';
import { isoTime } from '../../platform/clock';
import type { Transfer } from '../exchange/model';
import { errors } from './binance-error';
import { type BinanceServices, type Call, type Endpoint, constantWeight, signedGet } from './endpoint';
import type { Params } from './params';
import { amount } from './render-order';

const PAGE_MAX = 1000;
const DAY_MS = 86_400_000;
const INTERVAL_DAYS_MAX = 90;
const SUCCESS = 1;
const COMPLETED = 6;
const PARAMS = ['coin', 'status', 'startTime', 'endTime', 'offset', 'limit'];
/** The limits of /sapi are apart from those of /api, and not simulated. */
const NOTHING = constantWeight(0);

/** An account's deposits and withdrawals (developers.binance.com, Wallet, read 2026-07), the newest first. */
export const WALLET_ENDPOINTS: readonly Endpoint[] = [
  signedGet('/sapi/v1/capital/deposit/hisrec', { weight: NOTHING, params: PARAMS, handle: deposits }),
  signedGet('/sapi/v1/capital/withdraw/history', { weight: NOTHING, params: PARAMS, handle: withdrawals }),
];

function deposits(services: BinanceServices, call: Call): object[] {
  return page(services, call, SUCCESS, (one) => !isWithdrawal(one)).map((transfer) => ({
    id: String(transfer.transferId),
    amount: amount(transfer.amount),
    coin: transfer.asset,
    network: transfer.asset,
    status: SUCCESS,
    address: 'simulated',
    addressTag: '',
    txId: `deposit-${transfer.transferId}`,
    insertTime: transfer.atMs,
    transferType: 0,
    confirmTimes: '1/1',
    unlockConfirm: 0,
    walletType: 0,
  }));
}

function withdrawals(services: BinanceServices, call: Call): object[] {
  return page(services, call, COMPLETED, isWithdrawal).map((transfer) => ({
    id: transfer.transferId.toString(16).padStart(32, '0'),
    amount: amount(new Decimal(transfer.amount).negated().toFixed()),
    transactionFee: transfer.fee,
    coin: transfer.asset,
    status: COMPLETED,
    address: 'simulated',
    txId: `withdrawal-${transfer.transferId}`,
    applyTime: utcText(transfer.atMs),
    network: transfer.asset,
    transferType: 0,
    info: '',
    confirmNo: 1,
    walletType: 0,
    txKey: '',
    completeTime: utcText(transfer.atMs),
  }));
}

function page(
  { exchange }: BinanceServices,
  { params, accountId, nowMs }: Call,
  statusOfAll: number,
  isMeant: (transfer: Transfer) => boolean,
): Transfer[] {
  const { startMs, endMs } = interval(params, nowMs);
  const offset = params.long('offset') ?? 0;
  const limit = Math.min(PAGE_MAX, params.long('limit') ?? PAGE_MAX);
  const coin = params.text('coin');
  const status = params.long('status') ?? statusOfAll;
  return exchange.engine
    .transfersOf(accountId)
    .filter((one) => isMeant(one) && status === statusOfAll && (coin ?? one.asset) === one.asset)
    .filter(({ atMs }) => atMs >= startMs && atMs <= endMs)
    .reverse()
    .slice(offset, offset + limit);
}

function interval(params: Params, nowMs: number): { startMs: number; endMs: number } {
  const endMs = params.timestampMs('endTime') ?? nowMs;
  const startMs = params.timestampMs('startTime') ?? nowMs - INTERVAL_DAYS_MAX * DAY_MS;
  if (endMs - startMs > INTERVAL_DAYS_MAX * DAY_MS) throw errors.intervalTooLong(INTERVAL_DAYS_MAX);
  return { startMs, endMs };
}

function isWithdrawal({ amount: moved }: Transfer): boolean {
  return new Decimal(moved).isNegative();
}

/** `2019-10-12 11:12:02`, which is UTC. */
function utcText(atMs: number): string {
  return isoTime(atMs).slice(0, 19).replace('T', ' ');
}
