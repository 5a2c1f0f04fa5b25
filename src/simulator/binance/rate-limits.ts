import type { Clock } from '../../platform/clock';
import type { ExchangeEvent } from '../exchange/events';
import { errors } from './binance-error';

/** Binance's limits. The defaults are those of its documentation. */
export interface BinanceLimits {
  readonly requestWeightPerMinute: number;
  readonly rawRequestsPer5Minutes: number;
  readonly ordersPer10Seconds: number;
  readonly ordersPerDay: number;
  /** Refused requests in a row until the IP is banned. */
  readonly violationsUntilBan: number;
  readonly openOrdersPerSymbol: number;
  readonly openAlgoOrdersPerSymbol: number;
  readonly streamMessagesPerSecond: number;
}

export const DEFAULT_LIMITS: BinanceLimits = {
  requestWeightPerMinute: 6000,
  rawRequestsPer5Minutes: 61_000,
  ordersPer10Seconds: 50,
  ordersPerDay: 160_000,
  violationsUntilBan: 10,
  openOrdersPerSymbol: 200,
  openAlgoOrdersPerSymbol: 5,
  streamMessagesPerSecond: 5,
};

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const TEN_SECONDS_MS = 10 * SECOND_MS;
const FIVE_MINUTES_MS = 5 * MINUTE_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;
const BAN_MIN_MS = 2 * MINUTE_MS;
const BAN_MAX_MS = 3 * DAY_MS;
/** What the first fill of an order gives back (order_count_decrement.md, examples 1 and 2). */
const TAKER_FILL_CREDIT = 1;
const MAKER_FILL_CREDIT = 5;

/** A count that starts again with each interval of the clock. */
class Window {
  #interval = -1;
  #count = 0;

  constructor(readonly lengthMs: number) {}

  count(nowMs: number): number {
    this.#roll(nowMs);
    return this.#count;
  }

  add(nowMs: number, amount: number): number {
    this.#roll(nowMs);
    this.#count = Math.max(0, this.#count + amount);
    return this.#count;
  }

  secondsLeft(nowMs: number): number {
    return Math.max(1, Math.ceil((this.lengthMs - (nowMs % this.lengthMs)) / SECOND_MS));
  }

  #roll(nowMs: number): void {
    const interval = Math.floor(nowMs / this.lengthMs);
    if (interval === this.#interval) return;
    this.#interval = interval;
    this.#count = 0;
  }
}

interface Address {
  readonly weight: Window;
  readonly raw: Window;
  violations: number;
  bans: number;
  bannedUntilMs: number;
}

interface OrderCounts {
  readonly tenSeconds: Window;
  readonly day: Window;
}

/** Request weight by IP address and unfilled orders by account, with bans for who doesn't back off. */
export class RateLimits {
  limits: BinanceLimits;
  readonly #clock: Clock;
  readonly #addresses = new Map<string, Address>();
  readonly #orders = new Map<string, OrderCounts>();

  constructor(limits: BinanceLimits, clock: Clock) {
    this.limits = limits;
    this.#clock = clock;
  }

  /** @throws BinanceError -1003 with status 429 or 418 */
  takeWeight(ip: string, weight: number): void {
    const nowMs = this.#clock.now();
    const address = this.#address(ip);
    if (nowMs < address.bannedUntilMs) throw this.#ban(address, nowMs);
    const used = address.weight.add(nowMs, weight);
    const requests = address.raw.add(nowMs, 1);
    const { requestWeightPerMinute, rawRequestsPer5Minutes, violationsUntilBan } = this.limits;
    if (used <= requestWeightPerMinute && requests <= rawRequestsPer5Minutes) {
      address.violations = 0;
      return;
    }
    address.violations += 1;
    if (address.violations > violationsUntilBan) {
      address.bannedUntilMs = nowMs + Math.min(BAN_MAX_MS, BAN_MIN_MS * 2 ** address.bans);
      address.bans += 1;
      address.violations = 0;
      throw this.#ban(address, nowMs);
    }
    throw used > requestWeightPerMinute
      ? errors.tooMuchWeight(requestWeightPerMinute, address.weight.secondsLeft(nowMs))
      : errors.tooManyRequests(address.raw.secondsLeft(nowMs));
  }

  usedWeight(ip: string): number {
    return this.#address(ip).weight.count(this.#clock.now());
  }

  /** @throws BinanceError -1015 when the account has no new order left */
  checkOrderCount(accountId: string): void {
    const nowMs = this.#clock.now();
    const { tenSeconds, day } = this.#countsOf(accountId);
    const { ordersPer10Seconds, ordersPerDay } = this.limits;
    if (tenSeconds.count(nowMs) >= ordersPer10Seconds) {
      throw errors.tooManyOrders(ordersPer10Seconds, '10 SECOND', tenSeconds.secondsLeft(nowMs));
    }
    if (day.count(nowMs) >= ordersPerDay) throw errors.tooManyOrders(ordersPerDay, '1 DAY', day.secondsLeft(nowMs));
  }

  countOrder(accountId: string): void {
    this.#addOrders(accountId, 1);
  }

  /** A refused order doesn't count. */
  takeBackOrder(accountId: string): void {
    this.#addOrders(accountId, -1);
  }

  /** Lowers the count at the first fill of an order. */
  observe(event: ExchangeEvent): void {
    if (event.kind !== 'order' || event.fill === undefined) return;
    if (event.order.executed !== event.fill.quantity) return;
    this.#addOrders(event.accountId, event.fill.isMaker ? -MAKER_FILL_CREDIT : -TAKER_FILL_CREDIT);
  }

  orderCounts(accountId: string): { tenSeconds: number; day: number } {
    const nowMs = this.#clock.now();
    const { tenSeconds, day } = this.#countsOf(accountId);
    return { tenSeconds: tenSeconds.count(nowMs), day: day.count(nowMs) };
  }

  /** Forgets what was used and lifts all bans. */
  reset(): void {
    this.#addresses.clear();
    this.#orders.clear();
  }

  #addOrders(accountId: string, amount: number): void {
    const nowMs = this.#clock.now();
    const { tenSeconds, day } = this.#countsOf(accountId);
    tenSeconds.add(nowMs, amount);
    day.add(nowMs, amount);
  }

  #ban(address: Address, nowMs: number): Error {
    return errors.banned(address.bannedUntilMs, Math.ceil((address.bannedUntilMs - nowMs) / SECOND_MS));
  }

  #address(ip: string): Address {
    const known = this.#addresses.get(ip);
    if (known !== undefined) return known;
    const weight = new Window(MINUTE_MS);
    const raw = new Window(FIVE_MINUTES_MS);
    const created = { weight, raw, violations: 0, bans: 0, bannedUntilMs: 0 };
    this.#addresses.set(ip, created);
    return created;
  }

  #countsOf(accountId: string): OrderCounts {
    const known = this.#orders.get(accountId);
    if (known !== undefined) return known;
    const created = { tenSeconds: new Window(TEN_SECONDS_MS), day: new Window(DAY_MS) };
    this.#orders.set(accountId, created);
    return created;
  }
}
