import type { Client } from '@temporalio/client';
import type { Ledger } from '../ledger/ledger';
import type { Clock } from '../platform/clock';
import type { OrderStore } from '../storage/orders';

/** What an OrderManager stands on. */
export interface OrderManagerParts {
  client: Client;
  orders: OrderStore;
  ledger: Ledger;
  clock: Clock;
  /** Where order workflows run. */
  taskQueue: string;
}
