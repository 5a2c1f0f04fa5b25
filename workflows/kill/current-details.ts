import { describeScope } from '../../src/domain/halt';
import type { KillProgress } from './contract';

const REMAINING_SHOWN_MAX = 10;

/** The kill as the Temporal UI shows it under "current details". */
export function describeKill(progress: KillProgress): string {
  const { halt, rounds, open, found, remaining, cancelAll } = progress;
  const lines = [
    `**${summaryOf(progress)}**`,
    '',
    `Halt ${halt.haltId} of ${describeScope(halt)}, by ${halt.haltedBy} at ${halt.haltedAt}: ${halt.reason}`,
    '',
    `- looks at the open orders: ${rounds}; open ${open} of ${found}`,
    ...cancelAll.map(
      ({ exchangeId, cancelled = 0, error }) =>
        `- cancel-all at ${exchangeId}: ${cancelled} orders${error === undefined ? '' : `; ${error}`}`,
    ),
    ...remaining
      .slice(0, REMAINING_SHOWN_MAX)
      .map(({ orderId, assetId, status, detail }) => `- ${orderId} ${assetId} ${status}: ${detail}`),
  ];
  return lines.join('\n');
}

function summaryOf({ stage, released, open, cancelAll }: KillProgress): string {
  if (stage === 'HALTING') return 'The halt is being stored';
  if (released) return 'The halt was released; nothing more is cancelled';
  if (stage === 'CANCELLING') return `Halted; ${open} orders in scope are still open and being cancelled`;
  const left = cancelAll.filter(({ error }) => error !== undefined).map(({ exchangeId }) => exchangeId);
  if (open === 0 && left.length === 0) return 'Halted; nothing in scope is open. The halt stands until it is released';
  const foreign = left.length === 0 ? '' : `, nor all orders of others at ${left.join(', ')}`;
  return `Halted; ${open} orders in scope could NOT be cancelled${foreign}: look at them at the exchange, or start this kill again`;
}
