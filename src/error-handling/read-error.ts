import { z } from 'zod';
import type { ErrorCode } from '../domain/errors';
import { ERROR_CATALOGUE, ServiceError } from '../domain/errors';
import type { ExchangeErrorTable } from '../exchanges/error-codes';
import { errorCodeOfReply, errorCodeOfTransport } from '../exchanges/error-codes';
import { RateLimitedError } from '../ratelimit/rate-limited-error';
import { TransportError } from '../transport/transport-error';

/** What an error says of itself. */
export interface ErrorReading {
  /** Of our catalogue. */
  code: ErrorCode;
  exchangeCode?: string | undefined;
  message: string;
  /** Ms since the epoch. */
  retryAt?: number | undefined;
}

/** An error as a value (OrderError); its code decides. */
const orderErrorShape = z.object({
  code: z.string().refine((code): code is ErrorCode => Object.hasOwn(ERROR_CATALOGUE, code)),
  message: z.string(),
  exchangeCode: z.string().optional(),
});

/** A refusal in an exchange's own words. */
const replyShape = z.object({
  status: z.int(),
  code: z.union([z.string(), z.int().transform(String)]).optional(),
  message: z.string().optional(),
});

/** Reads anything: what can't be read is a fault to look into. */
export function readError(error: unknown, table: ExchangeErrorTable): ErrorReading {
  try {
    return readKnown(error, table) ?? { code: 'EXCHANGE_FAULT', message: textOf(error) };
  } catch {
    return { code: 'EXCHANGE_FAULT', message: 'An error that cannot be shown.' };
  }
}

function readKnown(error: unknown, table: ExchangeErrorTable): ErrorReading | undefined {
  if (error instanceof ServiceError) {
    const { code, exchangeCode, message } = error;
    return { code, exchangeCode, message, ...(error instanceof RateLimitedError && { retryAt: error.retryAt }) };
  }
  if (error instanceof TransportError) {
    return { code: errorCodeOfTransport(table, error), exchangeCode: error.fault, message: error.message };
  }
  const value = orderErrorShape.safeParse(error);
  if (value.success) return value.data;
  const reply = replyShape.safeParse(error);
  if (!reply.success) return undefined;
  const { status, code, message = `It answered with status ${status}.` } = reply.data;
  return { code: errorCodeOfReply(table, { status, code }), exchangeCode: code ?? String(status), message };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
