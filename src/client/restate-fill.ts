import { z } from 'zod';
import type { AuditTrail } from '../audit/audit-trail';
import { haltSchemas } from '../domain/halt';
import { ServiceError } from '../domain/errors';
import { isOrderId } from '../domain/ids';
import type { BookedExecution } from '../domain/order';
import { tenantIdSchema } from '../domain/order-request';
import type { Ledger } from '../ledger/ledger';
import type { FillRestatement } from '../ledger/restatement';
import type { BookedFill } from '../storage/orders';
import { checkInput } from './input';

const { shortTextSchema } = haltSchemas();
const amount = z.string('must be a decimal as a string');

/** The ledger checks the amounts as it does those of any execution. */
const restatementSchema: z.ZodType<FillRestatement> = z.strictObject({
  tenantId: tenantIdSchema(),
  orderId: z.string('must be an orderId').refine(isOrderId, 'must be an orderId of this service'),
  executionId: shortTextSchema,
  reason: shortTextSchema,
  by: shortTextSchema,
  correction: z.exactOptional(
    z.strictObject({ quantity: amount, price: amount, commission: amount, commissionAsset: shortTextSchema }),
  ),
});

/** What became of a restatement: its entries, each booked now or, asked for again, before. */
export type RestatedFill = Pick<BookedFill, 'result'> & { execution: BookedExecution };

/**
 * Takes back a trade that the exchange has cancelled, or books what it was corrected to, on a person's word; audited
 * whatever comes of it. Doing it again changes nothing.
 * @throws ServiceError INVALID_INPUT with all faults, ORDER_NOT_FOUND, RESOLUTION_REFUSED while the order may trade,
 * DEPENDENCY_UNAVAILABLE
 */
export async function restateFill(
  { ledger, audit }: { ledger: Ledger; audit: Pick<AuditTrail, 'record'> },
  given: FillRestatement,
): Promise<RestatedFill[]> {
  const request = checkInput(restatementSchema, given, 'The restatement');
  const { tenantId, orderId, by: requestedBy } = request;
  const act = { tenantId, orderId, operationType: 'INTERVENTION', requestedBy, request } as const;
  try {
    const booked = await ledger.restateFill(request, 'CLIENT');
    const restated = booked.map(({ execution, result }) => ({ execution, result }));
    const exchangeId = restated[0]?.execution.exchangeId;
    audit.record({ ...act, ...(exchangeId !== undefined && { exchangeId }), result: restated });
    return restated;
  } catch (error) {
    if (error instanceof ServiceError) audit.record({ ...act, error: error.toOrderError() });
    throw error;
  }
}
