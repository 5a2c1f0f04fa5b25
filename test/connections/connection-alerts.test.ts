import type { AlertInput } from '../../src/alerts/alerts';
import { alertOfTroubles } from '../../src/alerts/connection-alerts';
import { TROUBLES } from '../../src/transport/connection-observer';

const account = { tenantId: 'desk', exchangeId: 'BINANCE' } as const;
const connection = { type: 'WEBSOCKET', purpose: 'MARKET', endpoint: 'wss://stream.exchange.test' } as const;

test('whatever troubles a connection is told to people, under the account and with what it met', () => {
  const raised: AlertInput[] = [];
  const { watch } = alertOfTroubles({ raise: (alert) => raised.push(alert) }, account);
  const watched = watch(connection);
  for (const trouble of TROUBLES) watched.troubled(trouble, { met: trouble });
  expect(raised).toEqual(
    [
      { code: 'STREAM_LOST', details: { ...connection, met: 'LOST' } },
      { code: 'SUBSCRIPTION_FAILED', details: { ...connection, met: 'SUBSCRIPTION_FAILED' } },
      { code: 'SEQUENCE_GAP', details: { ...connection, met: 'SEQUENCE_GAP' } },
      { code: 'UNREADABLE_MESSAGE', details: { ...connection, met: 'UNREADABLE_MESSAGE' } },
      { code: 'STREAM_OVERFLOW', details: { ...connection, met: 'OVERFLOW' } },
      { code: 'CLOCK_SKEW', details: { ...connection, met: 'CLOCK_SKEW' } },
    ].map((alert) => ({ ...account, aspect: 'MARKET', ...alert })),
  );
});
