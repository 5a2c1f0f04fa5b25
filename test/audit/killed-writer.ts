import { AuditService } from '../../src/audit/audit-service';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import type { AuditLogStore } from '../../src/storage/audit-logs';
import { anEntry } from './entries';

/** A process that audits `count` entries and one call without an end, says so, and waits to be killed. */
const [spoolDirectory = '', tenantId = '', count = '0', spoolOwner] = process.argv.slice(2);
const trail = new AuditService({
  store: { append: () => new Promise(() => undefined) } as unknown as AuditLogStore,
  spoolDirectory,
  ...(spoolOwner !== undefined && { spoolOwner }),
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
  alerts: { raise: ({ details }) => process.send?.(details) },
});
for (let nth = 1; nth <= Number(count); nth++) void trail.logOperation(anEntry(tenantId, { logId: `entry-${nth}` }));
const secrets = ['the-secret-key'];
trail.observe({ tenantId, exchangeId: 'BINANCE', secrets, failureOf: () => undefined }).begin({
  operation: 'ORDER_SUBMIT',
  orderId: 'order-1',
  sent: { method: 'POST', url: 'https://exchange.test/order', headers: {}, body: 'key=the-secret-key' },
});
process.send?.('audited');
setInterval(() => undefined, 60_000);
