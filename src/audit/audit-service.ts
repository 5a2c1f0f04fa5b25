import type { Alerts } from '../alerts/alerts';
import { AUDIT_PAGE_MAX, type AuditFilters, type ExchangeAuditLog, type OperationStats } from '../domain/audit';
import { describeFaults, type Fault, ServiceError } from '../domain/errors';
import type { ExchangeId } from '../domain/exchange';
import { tenantIdSchema } from '../domain/order-request';
import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { Random } from '../platform/random';
import type { AuditLogStore, AuditRecord, ChainLink } from '../storage/audit-logs';
import { collectPages } from '../storage/collect-pages';
import type { Page } from '../storage/orders';
import type { CallObserver } from '../transport/call-observer';
import type { AuditTrail, FixMessageRecord, RecordedAct } from './audit-trail';
import { type AuditedAccount, createCallObserver } from './exchange-calls';
import { errorText, payloadText } from './payload';
import { type Redactor, redactors } from './redaction';
import { Shipper } from './shipper';
import { Spool } from './spool';
import type { BegunCall } from './spool-segment';
import { operationStats, periodOf } from './statistics';

/** In an alert. */
const FILES_NAMED_MAX = 10;

export interface AuditServiceParts {
  store: AuditLogStore;
  /** Where the spool's files are: on a disk that outlives the process. */
  spoolDirectory: string;
  /** Whose they are, where the host's name does not outlive the process. */
  spoolOwner?: string;
  clock: Clock;
  random: Random;
  logger: Logger;
  alerts: Alerts;
  /** The spool's size, if it should not be SPOOL_BYTES_MAX. */
  spoolBytesMax?: number;
}

/** The audit trail (specification: AuditService). Writing it never waits for more than this machine's page cache. */
export class AuditService implements AuditTrail {
  private readonly spool: Spool;
  private readonly shipper: Shipper;
  private readonly secrets = new Map<string, readonly string[]>();

  constructor(private readonly parts: AuditServiceParts) {
    const { spoolDirectory, spoolOwner, clock, random, logger, spoolBytesMax } = parts;
    this.spool = new Spool({
      directory: spoolDirectory,
      ...(spoolOwner !== undefined && { owner: spoolOwner }),
      clock,
      random,
      logger,
      ...(spoolBytesMax !== undefined && { bytesMax: spoolBytesMax }),
      onTrouble: (reason) => this.raise('SPOOL', reason),
      onAppend: () => this.shipper.start(),
    });
    this.shipper = new Shipper({
      spool: this.spool,
      store: parts.store,
      clock,
      logger,
      onOutage: (reason) => this.raise('TABLE', reason),
      onUnanswered: (call) => this.spool.append(unanswered(call)),
    });
  }

  /** Takes over what processes of this host or owner that died have left, and ships it. For processes that stay. */
  start(): void {
    const adopted = this.spool.adopt();
    if (adopted.length > 0)
      this.parts.logger.info({ files: adopted.length }, 'Audit records of a dead process are shipped.');
    this.tellOfAbandoned();
    this.shipper.start();
  }

  /** Ships what it can within a few seconds; the rest stays in the spool for the next process. */
  async close(): Promise<void> {
    await this.shipper.close();
    this.spool.close();
  }

  /** The observer of one account's private calls, for its adapter's transports. */
  observe(account: AuditedAccount): CallObserver {
    this.secrets.set(`${account.tenantId}/${account.exchangeId}`, account.secrets);
    return createCallObserver({ ...this.parts, spool: this.spool }, account);
  }

  /** Resolves when the entry is in the spool, redacted as a call is. @throws ServiceError INVALID_INPUT */
  logOperation(log: ExchangeAuditLog): Promise<void> {
    const faults = entryFaults(log);
    if (faults.length > 0) {
      return Promise.reject(new ServiceError('INVALID_INPUT', `Not audited: ${describeFaults(faults)}`, faults));
    }
    const { redact, text } = this.redactorOf(log);
    const { requestPayload, responsePayload, errorDetails, ...rest } = log;
    const payloads = {
      requestPayload: payloadText(redact(requestPayload)),
      responsePayload: payloadText(redact(responsePayload)),
    };
    // After the payloads: it may repeat what stood under a secret name in them.
    this.spool.append({
      ...rest,
      ...payloads,
      ...(errorDetails !== undefined && { errorDetails: errorText(text(errorDetails)) }),
    });
    return Promise.resolve();
  }

  record({
    tenantId,
    operationType,
    exchangeId,
    orderId,
    requestedBy,
    request,
    result = null,
    error,
  }: RecordedAct): void {
    this.logOperation({
      logId: this.parts.random.uuid(),
      tenantId,
      operationType,
      ...(exchangeId !== undefined && { exchangeId }),
      ...(orderId !== undefined && { orderId }),
      requestPayload: { requestedBy, request },
      responsePayload: result,
      latencyMs: 0,
      success: error === undefined,
      ...(error !== undefined && { errorDetails: error.message, errorCategory: error.category }),
      timestamp: isoTime(this.parts.clock.now()),
    }).catch((error: Error) =>
      this.parts.logger.error({ tenantId, operationType, error: error.message }, 'Not audited.'),
    );
  }

  logFixMessage({ tenantId, exchangeId, direction, raw, atMs, orderId }: FixMessageRecord): void {
    const { fix } = this.redactorOf({ tenantId, exchangeId });
    const [message, nothing] = [payloadText({ direction, raw: fix(raw) }), payloadText(null)];
    this.spool.append({
      logId: this.parts.random.uuid(),
      tenantId,
      exchangeId,
      operationType: 'FIX_MESSAGE',
      ...(orderId !== undefined && { orderId }),
      requestPayload: direction === 'SENT' ? message : nothing,
      responsePayload: direction === 'SENT' ? nothing : message,
      latencyMs: 0,
      success: true,
      timestamp: isoTime(atMs),
    });
  }

  /**
   * The newest `limit` (or AUDIT_PAGE_MAX), newest first, however far apart they are.
   * @throws ServiceError INVALID_INPUT; DEPENDENCY_UNAVAILABLE when they are too far apart to be found
   */
  async getAuditLogs(tenantId: string, filters: AuditFilters = {}): Promise<ExchangeAuditLog[]> {
    const { limit = AUDIT_PAGE_MAX } = filters;
    return await collectPages((cursor) => this.listAuditLogs(tenantId, filters, cursor), limit);
  }

  /** Newest first. A page may be shorter than its limit while there is a cursor. @throws ServiceError INVALID_INPUT */
  async listAuditLogs(tenantId: string, filters: AuditFilters, cursor?: string): Promise<Page<ExchangeAuditLog>> {
    const { items, ...rest } = await this.parts.store.list(tenantId, filters, cursor);
    return { items: items.map(auditLogOf), ...rest };
  }

  /** Of the private calls. `period`: `15m`, `24h`, `7d`, or `<instant>/<instant>`. @throws ServiceError INVALID_INPUT */
  async getOperationStats(tenantId: string, exchangeId: ExchangeId, period: string): Promise<OperationStats> {
    const { startTime, endTime } = periodOf(period, this.parts.clock.now());
    return await operationStats(this.parts.store.figures(tenantId, exchangeId, startTime, endTime));
  }

  private redactorOf({ tenantId, exchangeId }: Pick<ExchangeAuditLog, 'tenantId' | 'exchangeId'>): Redactor {
    return redactors(this.secrets.get(`${tenantId}/${exchangeId}`))();
  }

  private tellOfAbandoned(): void {
    const files = this.spool.abandoned();
    const named = files.slice(0, FILES_NAMED_MAX).join(', ');
    if (files.length > 0) this.raise('SPOOL', `${files.length} old files of other owners, shipped by nobody: ${named}`);
  }

  private raise(aspect: 'SPOOL' | 'TABLE', reason: string): void {
    const { alerts, spoolDirectory } = this.parts;
    alerts.raise({ code: 'AUDIT_BEHIND', aspect, details: { reason, spoolDirectory } });
  }
}

/** What would be no key of the table, and so keep the spool from moving on. */
function entryFaults({ tenantId, logId, timestamp }: ExchangeAuditLog): Fault[] {
  const isInstant = !Number.isNaN(Date.parse(timestamp)) && isoTime(Date.parse(timestamp)) === timestamp;
  return [
    ...(tenantIdSchema().safeParse(tenantId).success ? [] : [{ field: 'tenantId', message: 'is not a tenant' }]),
    ...(logId === '' ? [{ field: 'logId', message: 'must not be empty' }] : []),
    ...(isInstant ? [] : [{ field: 'timestamp', message: 'must be an instant like 2026-01-31T12:00:00.000Z' }]),
  ];
}

/** A stored record as readers have it. */
export function auditLogOf(record: AuditRecord): ExchangeAuditLog {
  const { chainId: _1, sequence: _2, previousHash: _3, hash: _4, lostBefore: _5, ...log } = record;
  const { requestPayload, responsePayload } = log;
  return { ...log, requestPayload: JSON.parse(requestPayload), responsePayload: JSON.parse(responsePayload) };
}

/** What becomes of a call whose process died before its reply: it may have taken effect. */
function unanswered(call: BegunCall): Omit<AuditRecord, keyof ChainLink> {
  return {
    ...call,
    responsePayload: payloadText(null),
    latencyMs: 0,
    success: false,
    errorDetails: 'The process ended before a reply came; the call may have taken effect.',
    errorCategory: 'EXCHANGE_ERROR',
  };
}
