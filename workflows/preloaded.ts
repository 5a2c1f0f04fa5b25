import { z } from 'zod';
import { Decimal } from '../src/domain/decimal';
import { orderIdOf } from '../src/domain/ids';

/**
 * Loaded once for all workflows of a worker and then frozen, where everything else is loaded anew for each workflow
 * (see workers/README.md). So only what keeps no state may be named here; and no schema, since zod completes one when it
 * is first used.
 */
export const PRELOADED = [
  Decimal,
  orderIdOf,
  // zod sets up each kind of schema with the first of it, and would meet itself frozen.
  z.string().regex(/^$/).optional(),
  z.iso.datetime(),
  z.strictObject({ field: z.unknown() }).safeParse({}),
  z.record(z.string(), z.array(z.boolean())),
  z.enum(['A']),
  z.literal(1),
  z.int().nonnegative(),
  z.custom(),
] as const;
