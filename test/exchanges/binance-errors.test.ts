import fc from 'fast-check';
import { outcomeOfRefusal, outcomeOfTransport, serviceErrorOf } from '../../src/exchanges/binance/errors';
import { TransportError } from '../../src/transport/transport-error';

const refusal = (code: number, msg = 'Said.', status = 400): Parameters<typeof outcomeOfRefusal>[1] => ({
  status,
  error: { code, msg },
});

it.each([
  [-2010, 'Account has insufficient balance for requested action.', 'rejected', 'INSUFFICIENT_FUNDS'],
  [-2010, 'Order would immediately match and take.', 'rejected', 'EXCHANGE_REJECTED'],
  [-2010, 'Duplicate order sent.', 'unknown', 'OUTCOME_UNKNOWN'],
  [-1013, 'Filter failure: LOT_SIZE', 'rejected', 'INSTRUMENT_RULES'],
  [-1121, 'Invalid symbol.', 'rejected', 'INSTRUMENT_UNKNOWN'],
  [-2015, 'Invalid API-key, IP, or permissions for action.', 'rejected', 'AUTHENTICATION_FAILED'],
  [-1021, 'Timestamp for this request is outside of the recvWindow.', 'denied', 'CLOCK_SKEW'],
  [-1000, 'An unknown error occurred while processing the request.', 'unknown', 'EXCHANGE_FAULT'],
  [-1006, 'An unexpected response was received from the message bus.', 'unknown', 'EXCHANGE_FAULT'],
  [-1007, 'Timeout waiting for response from backend server.', 'unknown', 'OUTCOME_UNKNOWN'],
  [-1008, 'Server is currently overloaded.', 'unknown', 'OUTCOME_UNKNOWN'],
] as const)('%i %s on an order call is %s (%s)', (code, msg, outcome, named) => {
  expect(outcomeOfRefusal('The order', refusal(code, msg), 1)).toMatchObject({
    outcome,
    error: { code: named, exchangeCode: String(code) },
  });
});

it('no status from 500 on ever proves anything, whatever the body says', () => {
  fc.assert(
    fc.property(fc.integer({ min: 500, max: 599 }), fc.integer({ min: -2100, max: -900 }), (status, code) => {
      expect(outcomeOfRefusal('The order', refusal(code, 'Said.', status)).outcome).toBe('unknown');
    }),
  );
});

it('a code that is not in the table proves nothing', () => {
  fc.assert(
    fc.property(fc.integer({ min: -99_999, max: -3_000 }), (code) => {
      expect(outcomeOfRefusal('The order', refusal(code)).outcome).toBe('unknown');
    }),
  );
});

it('a body without an error of Binance’s proves nothing', () => {
  for (const status of [400, 401, 403, 404, 418, 429, 500, 503]) {
    expect(outcomeOfRefusal('The order', { status, error: undefined }, 1).outcome).toBe('unknown');
  }
});

it('what was certainly not sent is denied, what may have been is unknown', () => {
  const lost = new TransportError('TIMEOUT', 'maybe', 'No reply.');
  const unsent = new TransportError('NOT_CONNECTED', 'no', 'Refused.');
  expect(outcomeOfTransport('The order', lost, 1_000)).toMatchObject({ outcome: 'unknown' });
  expect(outcomeOfTransport('The order', unsent, 1_000)).toMatchObject({ outcome: 'denied', retryAt: 1_000 });
});

it('an archived order is not "not found": it existed', () => {
  const archived = refusal(-2026, 'Order was canceled or expired with no executed qty over 90 days ago.');
  expect(serviceErrorOf('The lookup', archived).code).toBe('EXCHANGE_FAULT');
  expect(serviceErrorOf('The lookup', refusal(-2013, 'Order does not exist.')).code).toBe('ORDER_NOT_FOUND');
});
