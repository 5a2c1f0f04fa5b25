import type { Order, StuckState } from '../../src/domain/order';
import type { RefusedOrder } from './intake';

/** The order as the Temporal UI shows it under "current details": markdown, for the person who has to decide something. */
export function describeOrder(order: Order, doing: string, stuck?: StuckState): string {
  const { side, quantity, assetId, orderType, price, timeInForce, exchangeId = 'no exchange', status } = order;
  const lines = [
    `**${status}** — ${side} ${quantity} ${assetId} ${orderType}${price === undefined ? '' : ` @ ${price}`} ${timeInForce} on ${exchangeId}`,
    '',
    `- filled ${order.filledQuantity} of ${quantity}${order.averageFilledPrice === undefined ? '' : ` at ${order.averageFilledPrice} on average`} in ${order.fillCount} fills`,
    `- exchange order ${order.exchangeOrderId ?? 'not known yet'}, client order id \`${order.clientOrderId ?? ''}\``,
    ...(order.emulated === undefined ? [] : [`- done by the service: ${order.emulated.join(', ')}`]),
    `- now: ${doing}`,
    ...(order.error === undefined ? [] : [`- error ${order.error.code}: ${order.error.message}`]),
    `- since ${order.updatedAt}`,
    ...(stuck === undefined ? [] : describeStuck(order, stuck)),
  ];
  return lines.join('\n');
}

/** Since when, what was tried, and what a person can do, ready to paste. */
function describeStuck({ clientOrderId = '', exchangeId, events }: Order, { since, reason }: StuckState): string[] {
  const tried = events.filter(({ type }) => TRIED.has(type)).slice(-TRIED_SHOWN_MAX);
  return [
    '',
    `### STUCK since ${since}`,
    reason,
    '',
    ...tried.map(({ type, at, by, detail }) => `- ${at} ${type} by ${by}${detail === undefined ? '' : `: ${detail}`}`),
    '',
    `Look for client order id \`${clientOrderId}\` at ${exchangeId ?? 'the exchange'}, then send the update \`resolve\` with one of:`,
    '```json',
    ...CHOICES.map((choice) => JSON.stringify(choice)),
    '```',
    'MARK_FILLED books what the exchange shows; where it shows nothing, add what you know:',
    `\`"fills": ${JSON.stringify([REPORTED_FILL])}\``,
  ];
}

const TRIED: ReadonlySet<string> = new Set([
  'SUBMISSION_UNKNOWN',
  'CANCEL_REQUESTED',
  'CANCEL_FAILED',
  'MODIFICATION_FAILED',
  'RESOLVED',
]);
const TRIED_SHOWN_MAX = 10;

const WHO = { reason: 'why', resolvedBy: 'your name' };
const CHOICES = [
  { action: 'RECONCILE', ...WHO },
  { action: 'CANCEL', ...WHO },
  { action: 'MARK_REJECTED', ...WHO },
  { action: 'MARK_FILLED', ...WHO },
];

const REPORTED_FILL = {
  quantity: '0.01',
  price: '20000',
  commission: '0.2',
  commissionAsset: 'USDT',
  timestamp: '2026-01-31T12:00:00Z',
};

export function describeRefused({ error }: RefusedOrder): string {
  return [
    `**REJECTED** — ${error.code}`,
    '',
    error.message,
    ...error.faults.map(({ field, message }) => `- ${field} ${message}`),
  ].join('\n');
}
