import { orderError, ServiceError } from '../../domain/errors';
import type { Outcome } from '../../domain/outcome';
import { denied } from '../../domain/outcome';
import { RateLimitedError } from '../../ratelimit/rate-limited-error';
import type { Reply, SendReply } from './endpoints';
import {
  isClockRefusal,
  outcomeOfRefusal,
  outcomeOfTransport,
  serviceErrorOf,
  serviceErrorOfTransport,
  unreadableOutcome,
} from './errors';

/** What became of an order call, as one of the four outcomes. `accept` reads a yes; it may still find it ambiguous. */
export function outcomeOf<T, A>(
  what: string,
  reply: SendReply<T>,
  nowMs: number,
  accept: (data: T) => Outcome<A>,
): Outcome<A> {
  switch (reply.kind) {
    case 'answered':
      return accept(reply.data);
    case 'refused':
      return outcomeOfRefusal(what, reply.refusal, reply.retryAt);
    case 'unreadable':
      return unreadableOutcome(what, reply.problem);
    case 'blocked':
      return denied(orderError('RATE_LIMITED', blockedSentence(what, reply)), reply.retryAt);
    case 'denied':
      return reply.denial;
    case 'failed':
      return outcomeOfTransport(what, reply.error, nowMs);
  }
}

/** The data of a query. @throws ServiceError when there is none; RateLimitedError where waiting helps */
export function dataOf<T>(what: string, reply: Reply<T>): T {
  switch (reply.kind) {
    case 'answered':
      return reply.data;
    case 'refused':
      if (reply.retryAt === undefined || isClockRefusal(reply.refusal)) throw serviceErrorOf(what, reply.refusal);
      throw new RateLimitedError(`${what}: BINANCE answered with status ${reply.refusal.status}.`, reply.retryAt);
    case 'unreadable':
      throw new ServiceError('EXCHANGE_FAULT', `${what}: BINANCE's reply can't be read: ${reply.problem}.`);
    case 'blocked':
      throw new RateLimitedError(blockedSentence(what, reply), reply.retryAt);
    case 'failed':
      throw serviceErrorOfTransport(what, reply.error);
  }
}

/** A query; one that is refused for our clock alone is made a second time, since the clock is right by then. */
export async function asked<T>(call: () => Promise<Reply<T>>): Promise<Reply<T>> {
  const reply = await call();
  return reply.kind === 'refused' && isClockRefusal(reply.refusal) ? await call() : reply;
}

function blockedSentence(what: string, { retryAt, banned }: Extract<Reply<unknown>, { kind: 'blocked' }>): string {
  const why = banned ? 'BINANCE refuses calls' : "the share of BINANCE's limits is used up";
  return `${what} was not sent: ${why} until ${new Date(retryAt).toISOString()}.`;
}
