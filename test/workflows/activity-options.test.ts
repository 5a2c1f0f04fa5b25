import { CALL_WAIT_MS_MAX } from '../../src/ratelimit/priority';
import { CALL_TIMEOUT_MS } from '../../src/transport/rest/rest-client';
import { EXCHANGE_CALL_TIMEOUT_MS } from '../../workflows/order/activity-options';

test('a cancel at an exchange that hangs, and the lookup after it, end before Temporal gives the attempt up', () => {
  expect(EXCHANGE_CALL_TIMEOUT_MS).toBeGreaterThan(2 * (CALL_WAIT_MS_MAX + CALL_TIMEOUT_MS));
});
