import type { ExchangeId } from '../domain/exchange';
import type { ReplyFailure } from '../exchanges/exchange-module';
import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { Random } from '../platform/random';
import type { CallObserver, ObservedCall, ObservedEnd, ObservedReply } from '../transport/call-observer';
import { errorText, payloadText } from './payload';
import { type Redactor, redactors } from './redaction';
import type { Spool } from './spool';
import type { BegunCall } from './spool-segment';

/** One account, as its calls are audited. */
export interface AuditedAccount {
  tenantId: string;
  exchangeId: ExchangeId;
  /** Its credentials: they are redacted by value, whatever field they stand in. */
  secrets: readonly string[];
  failureOf(reply: ObservedReply): ReplyFailure | undefined;
}

interface Parts {
  spool: Spool;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** Turns what an account's transports show into audit records. The one place where exchange calls are audited. */
export function createCallObserver(parts: Parts, account: AuditedAccount): CallObserver {
  const redactorOf = redactors(account.secrets);
  return {
    begin(call) {
      try {
        const redactor = redactorOf();
        const begun = begunCall(parts, account, call, redactor);
        parts.spool.begin(begun);
        return (end) => guarded(parts.logger, () => parts.spool.append({ ...begun, ...endOf(account, end, redactor) }));
      } catch (error) {
        reportFailure(parts.logger, error);
        return () => undefined;
      }
    },
    redact: (text) => redactorOf().raw(text),
  };
}

function begunCall(
  { random, clock }: Parts,
  { tenantId, exchangeId }: AuditedAccount,
  { operation, orderId, sent }: ObservedCall,
  redactor: Redactor,
): BegunCall {
  const payload = 'url' in sent ? requestPayload(sent) : sent;
  return {
    logId: random.uuid(),
    tenantId,
    exchangeId,
    operationType: operation,
    ...(orderId !== undefined && { orderId }),
    requestPayload: payloadText(redactor.redact(payload)),
    timestamp: isoTime(clock.now()),
  };
}

type HttpSent = Extract<ObservedCall['sent'], { url: string }>;

/** The request in parts, since only named fields can be redacted by name. */
function requestPayload({ method, url, headers, body }: HttpSent): Record<string, unknown> {
  const { origin, pathname, searchParams } = new URL(url);
  return {
    method,
    url: `${origin}${pathname}`,
    ...(searchParams.size > 0 && { query: Object.fromEntries(searchParams) }),
    headers,
    ...(body !== undefined && body !== '' && { body: parsedBody(body) }),
  };
}

/** JSON, else a form, else the text. */
function parsedBody(body: string): unknown {
  const json = parsedJson(body);
  if (json !== body) return json;
  return /^[^\s=&]+=/.test(body) ? Object.fromEntries(new URLSearchParams(body)) : body;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

type CallEnd = Pick<
  Parameters<Spool['append']>[0],
  'responsePayload' | 'latencyMs' | 'success' | 'errorDetails' | 'errorCategory'
>;

function endOf({ failureOf }: AuditedAccount, end: ObservedEnd, redactor: Redactor): CallEnd {
  const { latencyMs } = end;
  if ('error' in end) {
    const { error } = end;
    const responsePayload = payloadText(error.reply === undefined ? null : { status: error.reply.status });
    const errorDetails = errorText(redactor.text(error.message));
    return { responsePayload, latencyMs, success: false, errorDetails, errorCategory: 'RETRYABLE' };
  }
  const reply = { ...end, body: typeof end.body === 'string' ? parsedJson(end.body) : end.body };
  const failure = failureOf(reply);
  const { status, body } = reply;
  return {
    responsePayload: payloadText(redactor.redact({ ...(status !== undefined && { status }), body })),
    latencyMs,
    success: failure === undefined,
    ...(failure !== undefined && {
      errorDetails: errorText(redactor.text(failure.message)),
      errorCategory: failure.category,
    }),
  };
}

/** An order goes on whatever its audit meets. */
function guarded(logger: Logger, work: () => void): void {
  try {
    work();
  } catch (error) {
    reportFailure(logger, error);
  }
}

function reportFailure(logger: Logger, error: unknown): void {
  logger.error({ error: error instanceof Error ? error.stack : String(error) }, 'A call could not be audited.');
}
