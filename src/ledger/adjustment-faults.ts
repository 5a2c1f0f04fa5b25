import { Decimal, decimalFault } from '../domain/decimal';
import type { Fault } from '../domain/errors';
import { EXCHANGE_IDS } from '../domain/exchange';
import { tenantIdSchema } from '../domain/order-request';
import { type Adjustment, ADJUSTMENT_REASON_CHARACTERS_MAX } from '../domain/position';

const ADJUSTMENT_ID = /^[\x21-\x7e]{1,128}$/;
const ASSET_ID = /^[A-Z0-9]{1,20}\/[A-Z0-9]{1,20}$/;

/** What keeps an adjustment from being booked. */
export function adjustmentFaults({ tenantId, assetId, exchangeId, ...adjustment }: Adjustment): Fault[] {
  const { adjustmentId, quantity, price, reason } = adjustment;
  return [
    fault('adjustmentId', adjustmentId, ADJUSTMENT_ID.test(adjustmentId), 'must be 1 to 128 printable characters'),
    fault('tenantId', tenantId, tenantIdSchema().safeParse(tenantId).success, 'must be a tenantId'),
    fault('assetId', assetId, ASSET_ID.test(assetId), 'must be an instrument as BASE/QUOTE'),
    fault('exchangeId', exchangeId, EXCHANGE_IDS.includes(exchangeId), `must be one of ${EXCHANGE_IDS.join(', ')}`),
    fault('quantity', quantity, isDecimal(quantity) && !new Decimal(quantity).isZero(), 'must be a decimal, not 0'),
    fault(
      'price',
      price,
      price === undefined || (isDecimal(price) && new Decimal(price).gt(0)),
      'must be a decimal greater than 0',
    ),
    fault(
      'reason',
      reason,
      reason.length > 0 && reason.length <= ADJUSTMENT_REASON_CHARACTERS_MAX,
      `must be 1 to ${ADJUSTMENT_REASON_CHARACTERS_MAX} characters`,
    ),
  ].flat();
}

function isDecimal(value: string): boolean {
  return decimalFault(value) === undefined;
}

function fault(field: string, value: string | undefined, isGood: boolean, message: string): Fault[] {
  return isGood ? [] : [{ field, message: `${message}, got ${JSON.stringify(value?.slice(0, 80))}` }];
}
