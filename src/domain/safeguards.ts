import type { DecimalString } from './decimal';
import type { Halt } from './halt';

/** What a tenant has set about its own sends. What is absent is off. */
export interface SafeguardSettings {
  /** The most that one order may be worth, by quote currency and in it. Once set, orders in any other quote are refused. */
  maxNotional?: Record<string, DecimalString>;
  /** How far from the middle of the market a price may be, on either side, in percent. */
  priceCollarPercent?: DecimalString;
  /** New orders and amendments in any one second. */
  ordersPerSecond?: number;
  /** Orders of the tenant that may trade at the same time, at all exchanges together. */
  maxOpenOrders?: number;
  /** An order that the account's free balance does not cover is not sent. */
  checkBalance?: true;
  /** An order that would meet an open one of the tenant's own is not sent. */
  preventSelfTrade?: true;
  /** The slowest that the mean of a connection's calls may be before people are told, ms. */
  maxConnectionLatencyMs?: number;
  /** The most of a connection's calls and messages that may fail before people are told, in percent. */
  maxConnectionErrorPercent?: number;
  /** While a connection to an exchange is poor by these two, nothing is sent to that exchange. */
  pauseOnPoorConnection?: true;
  /** Who releases a halt must be somebody else than who halted. */
  fourEyesRelease?: true;
  /** Fills that only a person knows of are booked when a second person reports the same. */
  fourEyesMarkFilled?: true;
}

/** What stands between a tenant's orders and the exchanges: one record, so that one read has all of it. */
export interface TenantSafeguards {
  tenantId: string;
  /** Counts the writes; 0: nothing was ever set. */
  version: number;
  /** The halts that stand. */
  halts: Halt[];
  settings: SafeguardSettings;
  /** Who changed the settings last, and when. */
  changedBy?: string;
  changedAt?: string;
}
