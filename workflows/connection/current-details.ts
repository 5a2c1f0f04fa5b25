import type { ConnectionState } from './contract';

/** The connection as the Temporal UI shows it under "current details": markdown, for the person who has to decide something. */
export function describeConnection(state: ConnectionState): string {
  const { tenantId, exchangeId, status, since, lastHolder, cursor, counters, lastIntervention, lastError } = state;
  const { holders, executions, updates, signals, connectionsLost } = counters;
  const lines = [
    `**${status}** since ${since} — private stream of ${tenantId} at ${exchangeId}`,
    '',
    MEANING[status],
    '',
    `- holders before: ${holders}${lastHolder === undefined ? '' : `, the last was ${lastHolder}`}`,
    `- they booked ${executions} executions, heard ${updates} updates, told orders ${signals} times, lost the stream ${connectionsLost} times`,
    ...(cursor === undefined ? [] : [`- booked and told up to ${new Date(cursor.sinceMs).toISOString()}`]),
    ...(lastIntervention === undefined ? [] : [`- ${describeIntervention(lastIntervention)}`]),
    ...(lastError === undefined ? [] : [`- last failure: ${lastError}`]),
  ];
  return lines.join('\n');
}

const MEANING: Record<ConnectionState['status'], string> = {
  HELD: 'A worker holds it, or is being looked for: see "Pending Activities", whose heartbeat details say what the holder does.',
  STOPPING: 'Its holder was asked to let go and does so at its next heartbeat.',
  PAUSED:
    'Nobody holds it. Fills are booked late, by the lookups of cancels and by the backfill, until `resume` is sent.',
};

function describeIntervention({
  signal,
  at,
  requestedBy = 'somebody',
  reason,
}: NonNullable<ConnectionState['lastIntervention']>): string {
  return `${signal} by ${requestedBy} at ${at}${reason === undefined ? '' : `: ${reason}`}`;
}
