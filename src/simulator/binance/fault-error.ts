import type { FaultEffect } from '../faults';
import { BinanceError } from './binance-error';

const INTERNAL = { code: -1001, msg: 'Internal error; unable to process your request. Please try again.' };
const TIMEOUT = {
  code: -1007,
  msg: 'Timeout waiting for response from backend server. Send status unknown; execution status unknown.',
};
const RATE = {
  code: -1003,
  msg: 'Too much request weight used; please use WebSocket Streams for live updates to avoid polling the API.',
};

/** The error that a fault answers with before or after the request was processed; undefined when it doesn't. */
export function faultError(effect: FaultEffect | undefined, stage: 'before' | 'after'): BinanceError | undefined {
  if (effect?.kind === 'rate-limit' && stage === 'before') {
    return new BinanceError(effect.status, RATE.code, RATE.msg, { retryAfterSeconds: effect.retryAfterSeconds });
  }
  if (effect?.kind !== `status-${stage}`) return undefined;
  const { status, code, msg } = effect as Extract<FaultEffect, { kind: 'status-before' | 'status-after' }>;
  const fallback = stage === 'before' ? INTERNAL : TIMEOUT;
  return new BinanceError(status, code ?? fallback.code, msg ?? fallback.msg);
}
