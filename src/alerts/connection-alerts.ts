import type { ExchangeId } from '../domain/exchange';
import type { ConnectionName, ConnectionObserver, Trouble } from '../transport/connection-observer';
import { UNWATCHED } from '../transport/connection-observer';
import type { Alerts } from './alerts';

interface Account {
  tenantId: string;
  exchangeId: ExchangeId;
}

/** Watches an account's connections, to tell people of the troubles that they meet. */
export function alertOfTroubles(alerts: Alerts, account: Account): ConnectionObserver {
  return {
    watch: (connection) => ({
      ...UNWATCHED,
      troubled: (trouble, met) => raise(alerts, account, connection, trouble, met),
    }),
  };
}

function raise(alerts: Alerts, account: Account, connection: ConnectionName, trouble: Trouble, met: object): void {
  const about = { ...account, aspect: connection.purpose, details: { ...connection, ...met } };
  switch (trouble) {
    case 'LOST':
      return alerts.raise({ code: 'STREAM_LOST', ...about });
    case 'SUBSCRIPTION_FAILED':
      return alerts.raise({ code: 'SUBSCRIPTION_FAILED', ...about });
    case 'SEQUENCE_GAP':
      return alerts.raise({ code: 'SEQUENCE_GAP', ...about });
    case 'UNREADABLE_MESSAGE':
      return alerts.raise({ code: 'UNREADABLE_MESSAGE', ...about });
    case 'OVERFLOW':
      return alerts.raise({ code: 'STREAM_OVERFLOW', ...about });
    case 'CLOCK_SKEW':
      return alerts.raise({ code: 'CLOCK_SKEW', ...about });
  }
}
