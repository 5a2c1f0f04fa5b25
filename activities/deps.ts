import type { Alerts } from '../src/alerts/alerts';
import type { AuditTrail } from '../src/audit/audit-trail';
import type { ExchangeConfig, ExchangeId } from '../src/domain/exchange';
import type { ExecutionUpdate } from '../src/domain/order';
import type { ExchangeAdapter } from '../src/exchanges/adapter';
import type { Clock } from '../src/platform/clock';
import type { CrashPoint } from '../src/platform/crash-points';
import type { Logger } from '../src/platform/logger';
import type { Random } from '../src/platform/random';
import type { BookedFill, FillSource, OrderStore } from '../src/storage/orders';

/** What activities stand on; built in workers/wiring.ts. */
export interface ActivityDeps {
  orders: OrderStore;
  ledger: { bookFills(executions: ExecutionUpdate[], source: FillSource): Promise<BookedFill[]> };
  exchanges: {
    /** @throws ServiceError EXCHANGE_NOT_REGISTERED */
    getExchange(tenantId: string, exchangeId: ExchangeId): Promise<ExchangeConfig>;
    getAdapter(tenantId: string, exchangeId: ExchangeId): Promise<ExchangeAdapter>;
  };
  alerts: Alerts;
  audit: AuditTrail;
  clock: Clock;
  random: Random;
  logger: Logger;
  crashPoint: CrashPoint;
}
