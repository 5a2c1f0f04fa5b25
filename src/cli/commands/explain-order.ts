import { print, present } from '../command-line';
import { withDesk } from '../connect';
import { durationText, type OrderStory, storyOf } from '../order-story';
import type { Surroundings } from '../surroundings';
import { tableOf } from '../tables';
import { type OrderFlags, orderRefOf } from './order-flags';

export async function explain(given: string | undefined, flags: OrderFlags, surroundings: Surroundings): Promise<void> {
  const { tenantId, orderId } = orderRefOf(given, flags, surroundings);
  const order = await withDesk(surroundings, ({ orderManager }) =>
    orderManager.getOrder(tenantId, orderId, present({ timeoutMs: flags.timeout })),
  );
  print(flags, surroundings, storyOf(order, surroundings.clock.now()), storyText);
}

function storyText({ orderId, what, steps, now, advice }: OrderStory): string {
  const rows = steps.map(({ at, afterMs, by, text }) => [at, `+${durationText(afterMs)}`, by, text]);
  const parts = [`Order ${orderId}: ${what}`, tableOf(['time', 'after', 'by', 'what happened'], rows), `Now: ${now}`];
  return [...parts, ...(advice === undefined ? [] : [`What to do: ${advice}`])].join('\n\n');
}
