import { z } from 'zod';
import { decimalFault, parseDecimal } from '../domain/decimal';
import { OPEN_ORDERS_COUNTED_MAX } from './open-orders';

const RATE_MAX = 10_000;
const COLLAR_PERCENT_MAX = 1_000;
const QUOTES_MAX = 50;
const LATENCY_MS_MAX = 60_000;
const ERROR_PERCENT_MAX = 100;

const positive = z.string('must be a decimal as a string').superRefine((value, context) => {
  const message = decimalFault(value) ?? (parseDecimal(value).gt(0) ? undefined : 'must be greater than 0');
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});
const percent = positive.refine(
  (value) => decimalFault(value) !== undefined || parseDecimal(value).lte(COLLAR_PERCENT_MAX),
  `must be at most ${COLLAR_PERCENT_MAX}`,
);
const currency = z.string().regex(/^[A-Z0-9]{1,20}$/, 'must name a quote currency like USDT');
const notionals = z
  .record(currency, positive, 'must name a limit by quote currency')
  .refine((limits) => Object.keys(limits).length > 0, 'must name at least one quote currency')
  .refine((limits) => Object.keys(limits).length <= QUOTES_MAX, `must name at most ${QUOTES_MAX} quote currencies`);
const on = z.literal(true, 'must be true, or null for off');

function wholeNumber(max: number): z.ZodInt {
  const message = `must be a whole number from 1 to ${max}`;
  return z.int(message).min(1, message).max(max, message);
}

/** Changes to a tenant's settings: a value sets one, null switches it off, what is left out stays. */
export const settingsChangesSchema = z.strictObject({
  maxNotional: z.exactOptional(notionals.nullable()),
  priceCollarPercent: z.exactOptional(percent.nullable()),
  ordersPerSecond: z.exactOptional(wholeNumber(RATE_MAX).nullable()),
  maxOpenOrders: z.exactOptional(wholeNumber(OPEN_ORDERS_COUNTED_MAX).nullable()),
  checkBalance: z.exactOptional(on.nullable()),
  preventSelfTrade: z.exactOptional(on.nullable()),
  maxConnectionLatencyMs: z.exactOptional(wholeNumber(LATENCY_MS_MAX).nullable()),
  maxConnectionErrorPercent: z.exactOptional(wholeNumber(ERROR_PERCENT_MAX).nullable()),
  pauseOnPoorConnection: z.exactOptional(on.nullable()),
  fourEyesRelease: z.exactOptional(on.nullable()),
  fourEyesMarkFilled: z.exactOptional(on.nullable()),
});
export type SettingsChanges = z.output<typeof settingsChangesSchema>;
