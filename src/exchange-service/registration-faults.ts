import type { Fault } from '../domain/errors';
import { describeFaults, ServiceError } from '../domain/errors';
import type { ExchangeId } from '../domain/exchange';
import { tenantIdSchema } from '../domain/order-request';

/** @throws ServiceError INVALID_INPUT, if there are any */
export function refuse(faults: Fault[]): void {
  if (faults.length > 0) throw invalid(faults);
}

export function invalid(faults: Fault[]): ServiceError {
  return new ServiceError('INVALID_INPUT', `The registration can't be accepted: ${describeFaults(faults)}`, faults);
}

export function tenantIdFaults(tenantId: string): Fault[] {
  const { success, error } = tenantIdSchema().safeParse(tenantId);
  return success ? [] : [{ field: 'tenantId', message: error.issues[0]?.message ?? 'is not valid' }];
}

export function noAdapter(exchangeId: ExchangeId): Fault {
  return { field: 'exchangeId', message: `${exchangeId} can't be used: there is no adapter for it yet` };
}
