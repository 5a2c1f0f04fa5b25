import { describeFaults, orderError, ServiceError } from '../domain/errors';
import { covers, HALT_READ_VALIDITY_MS, tradingHalted } from '../domain/halt';
import type { OrderRequest } from '../domain/order-request';
import type { Denied } from '../domain/outcome';
import { denied } from '../domain/outcome';
import type { TenantSafeguards } from '../domain/safeguards';
import type { LastCheck } from '../exchanges/adapter';
import type { Clock } from '../platform/clock';
import type { LimitChecks, SendKind } from './limit-checks';
import type { SafeguardsReader } from './safeguards-reader';

/** Before a send that could not be judged is judged again. */
const RETRY_PAUSE_MS = 1_000;

export interface SafeguardsParts {
  reader: SafeguardsReader;
  limits: LimitChecks;
  clock: Clock;
}

/** What stands between a tenant's order and the exchange. It never throws: what can't be judged is denied for now. */
export class Safeguards {
  constructor(private readonly parts: SafeguardsParts) {}

  /**
   * Halts and limits, judged while the send is being prepared. All limits that refuse are faults of one denial.
   * @param request for an amendment the order as it would be after it
   */
  async findDenial(request: OrderRequest, kind: SendKind = 'NEW'): Promise<Denied | undefined> {
    return await this.judged(async () => {
      const { safeguards } = await this.parts.reader.read(request.tenantId);
      const halted = haltDenial(safeguards, request);
      if (halted !== undefined) return halted;
      const faults = await this.parts.limits.findFaults(request, safeguards.settings, kind);
      if (faults.length === 0) return undefined;
      const what = `The limits of tenant ${request.tenantId} refuse the order: ${describeFaults(faults)}`;
      return denied(orderError('SAFEGUARD_REFUSED', what, { faults }));
    });
  }

  /** For PlacedOrder: the halts again, by a read so young that a kill which has returned is in it. */
  lastCheck(request: OrderRequest): LastCheck {
    const clearance: LastCheck = async () => {
      const { safeguards, beganAtMs } = await this.parts.reader.read(request.tenantId);
      const halted = haltDenial(safeguards, request);
      return halted ?? { outcome: 'cleared', sendBy: beganAtMs + HALT_READ_VALIDITY_MS };
    };
    return () => this.judged(clearance);
  }

  /**
   * Whether fills that a person reports are booked only when a second person reports the same.
   * @throws ServiceError when that can't be read
   */
  async wantsSecondReport(tenantId: string): Promise<boolean> {
    const { safeguards } = await this.parts.reader.read(tenantId);
    return safeguards.settings.fourEyesMarkFilled === true;
  }

  private async judged<T>(judge: () => Promise<T>): Promise<T | Denied> {
    try {
      return await judge();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const temporary = error.category === 'RETRYABLE' || error.category === 'RATE_LIMITED';
      return denied(error.toOrderError(), temporary ? this.parts.clock.now() + RETRY_PAUSE_MS : undefined);
    }
  }
}

function haltDenial({ halts }: TenantSafeguards, request: OrderRequest): Denied | undefined {
  const halt = halts.find(({ scope }) => covers(scope, request));
  return halt && denied(tradingHalted(halt));
}
