import type { Command } from 'commander';
import { checkInput, orderRefSchema } from '../../client/input';
import { ServiceError } from '../../domain/errors';
import { orderIdOf } from '../../domain/ids';
import { addVerb, type CommonFlags, tenantOf, wholeNumber } from '../command-line';
import type { Surroundings } from '../surroundings';

/** What every command on one order takes. */
export interface OrderFlags extends CommonFlags {
  key?: string;
  timeout?: number;
}

/** A verb on one order, named by its id or its key. */
export function ofOrder(area: Command, name: string, description: string): Command {
  return addVerb(area, name, description)
    .argument('[orderId]', "the order's id")
    .option('--key <idempotencyKey>', 'in place of its id')
    .option('--timeout <ms>', 'how long to wait for an answer', wholeNumber);
}

/** Which order a command is about. @throws ServiceError INVALID_INPUT */
export function orderRefOf(
  orderId: string | undefined,
  flags: OrderFlags,
  surroundings: Surroundings,
): { tenantId: string; orderId: string } {
  const tenantId = tenantOf(flags, surroundings);
  if ((orderId === undefined) === (flags.key === undefined)) {
    const message = 'give either the orderId or --key';
    throw new ServiceError('INVALID_INPUT', `Which order? ${message}.`, [{ field: 'orderId', message }]);
  }
  return checkInput(
    orderRefSchema,
    { tenantId, orderId: orderId ?? orderIdOf(tenantId, flags.key ?? '') },
    'The order',
  );
}
