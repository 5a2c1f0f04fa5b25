import type { Decimal } from '../../domain/decimal';
import { canonicalDecimal, Decimal as DecimalOf, formatDecimal } from '../../domain/decimal';
import { UnreadableMessage } from '../../transport/websocket/socket-protocol';
import type { WireOrderStatus } from './wire';
import { orderStatus } from './wire';

/**
 * Binance's stream messages as far as we read them (user-data-stream.md, web-socket-streams.md, a5e0bc3). Read by hand,
 * since they come by the thousands: a schema takes several times as long (README.md). As in wire.ts unknown fields pass,
 * and a field that we need and that is missing or of another shape makes the message unreadable. Amounts come out
 * canonical.
 */

/** An order event of the user data stream, in Binance's letters. */
export interface ExecutionReport {
  s: string;
  c: string;
  C: string;
  S: 'BUY' | 'SELL';
  /** The ordered quantity. */
  q: string;
  x: string;
  X: WireOrderStatus;
  r: string;
  i: number;
  l: string;
  /** Filled so far. */
  z: string;
  L: string;
  /** What the last fill moved in quote. */
  Y: string;
  n: string | null;
  N: string | null;
  T: number;
  t: number;
  m: boolean;
  eR?: string;
  /** q − z. */
  remaining: string;
}

/** Best bid and ask, from a message of the combined stream. */
export interface BookTicker {
  s: string;
  b: string;
  a: string;
}

const STATUSES: ReadonlySet<unknown> = new Set(orderStatus.options);
const TIME_MS_MAX = 8.64e15;

/** @throws UnreadableMessage which names the first field that is wrong */
export function readExecutionReport(event: object): ExecutionReport {
  const { s, c, C, S, q, x, X, r, i, l, z, L, Y, n, N, T, t, m, eR } = event as Record<string, unknown>;
  if (S !== 'BUY' && S !== 'SELL') throw unreadable('S', S);
  if (!STATUSES.has(X)) throw unreadable('X', X);
  if (typeof m !== 'boolean') throw unreadable('m', m);
  const [ordered, filled] = [amountOf('q', q), amountOf('z', z)];
  const report: ExecutionReport = {
    s: textOf('s', s),
    c: textOf('c', c),
    C: textOf('C', C),
    S,
    q: ordered,
    x: textOf('x', x),
    X: X as WireOrderStatus,
    r: textOf('r', r),
    i: integerOf('i', i),
    l: amountOf('l', l),
    z: filled,
    L: amountOf('L', L),
    Y: amountOf('Y', Y),
    n: n === null ? null : amountOf('n', n),
    N: N === null || N === '' ? null : textOf('N', N),
    T: integerOf('T', T, 0, TIME_MS_MAX),
    t: integerOf('t', t),
    m,
    remaining: remainingOf(ordered, filled),
  };
  if (eR !== undefined) report.eR = textOf('eR', eR);
  return report;
}

/** @throws UnreadableMessage */
export function readBookTicker(message: unknown): BookTicker {
  const { data } = message as { data?: Record<string, unknown> | null };
  if (typeof data !== 'object' || data === null) throw unreadable('data', data);
  const { s, b, a } = data;
  return { s: textOf('s', s), b: amountOf('b', b), a: amountOf('a', a) };
}

/** The type of an event that the WebSocket API sends unasked. @throws UnreadableMessage for what is no event */
export function eventOf(message: unknown): { e: string } {
  const { event } = (message ?? {}) as { event?: { e?: unknown } | null };
  if (typeof event !== 'object' || event === null) throw unreadable('event', event);
  if (typeof event.e !== 'string') throw unreadable('event.e', event.e);
  return event as { e: string };
}

/** Most reports speak of an order without a fill, or one that is filled: only the others are computed. */
function remainingOf(ordered: string, filled: string): string {
  if (filled === '0') return ordered;
  if (filled === ordered) return '0';
  const remaining: Decimal = new DecimalOf(ordered).minus(filled);
  if (remaining.isNegative()) throw new UnreadableMessage(`z is ${filled}, more than the q of ${ordered}`);
  return formatDecimal(remaining);
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw unreadable(name, value);
}

function amountOf(name: string, value: unknown): string {
  const amount = typeof value === 'string' ? canonicalDecimal(value) : undefined;
  if (amount === undefined || amount.startsWith('-')) throw unreadable(name, value);
  return amount;
}

function integerOf(name: string, value: unknown, min = -Infinity, max = Infinity): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  throw unreadable(name, value);
}

/** Names the field and what kind of value it has, not the value: that is in the message, which is logged redacted. */
function unreadable(name: string, value: unknown): UnreadableMessage {
  return new UnreadableMessage(
    value === undefined ? `${name} is missing` : `${name} can't be a ${typeof value} like this`,
  );
}
