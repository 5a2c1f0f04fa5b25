import type { Alerts } from '../src/alerts/alerts';
import type { AuditTrail } from '../src/audit/audit-trail';
import type { ErrorHandler } from '../src/error-handling/error-handler';
import type { ExchangeConfig, ExchangeId } from '../src/domain/exchange';
import type { ExecutionUpdate } from '../src/domain/order';
import type { OrderRequest } from '../src/domain/order-request';
import type { Denied } from '../src/domain/outcome';
import type { ExchangeAdapter, LastCheck } from '../src/exchanges/adapter';
import type { SubmitMeasures } from '../src/metrics/metrics';
import type { Clock } from '../src/platform/clock';
import type { CrashPoint } from '../src/platform/crash-points';
import type { Logger } from '../src/platform/logger';
import type { Random } from '../src/platform/random';
import type { SimulatedWaits } from '../src/platform/simulated-waits';
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
  /** What stands between an order and the exchange (src/safeguards). */
  safeguards: {
    /** Halts and limits. For an amendment, `request` is the order as it would be after it. */
    findDenial(request: OrderRequest, kind?: 'NEW' | 'AMENDMENT'): Promise<Denied | undefined>;
    lastCheck(request: OrderRequest): LastCheck;
    /** @throws ServiceError when the tenant's settings can't be read */
    wantsSecondReport(tenantId: string): Promise<boolean>;
  };
  measures: SubmitMeasures;
  errors: ErrorHandler;
  clock: Clock;
  random: Random;
  logger: Logger;
  crashPoint: CrashPoint;
  /** In the place of our own, at simulated exchanges. */
  simulatedWaits?: SimulatedWaits;
}
