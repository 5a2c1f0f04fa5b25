import type { ExchangeError, OrderError } from '../domain/errors';
import type { ExchangeAdapter } from '../exchanges/adapter';
import type { ErrorHandler, RequestContext } from './error-handler';
import { requestContextOf } from './request-context';

export interface AdapterWatch {
  errors: ErrorHandler;
  tenantId: string;
  /** The text without the account's secrets, should the exchange repeat them. */
  redact(text: string): string;
  /** For an error that only a person can mend (FATAL); never rejects. */
  disable(error: ExchangeError): Promise<void>;
}

/**
 * The adapter, with every error that its calls meet logged, alerted of and acted upon, whoever called. What it answers
 * and throws stays the same. (A Proxy: it must be all of the port's calls, those to come too.)
 */
export function watchAdapter(adapter: ExchangeAdapter, watch: AdapterWatch): ExchangeAdapter {
  return new Proxy(adapter, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || typeof name !== 'string') return member;
      return (...args: unknown[]): unknown => {
        const answer: unknown = Reflect.apply(member, target, args);
        if (!(answer instanceof Promise)) return answer;
        return watched(answer, () => requestContextOf(watch.tenantId, name, args), target.exchangeId, watch);
      };
    },
  });
}

async function watched(
  answer: Promise<unknown>,
  context: () => RequestContext,
  exchangeId: ExchangeAdapter['exchangeId'],
  { errors, redact, disable }: AdapterWatch,
): Promise<unknown> {
  const react = async (error: unknown): Promise<void> => {
    const found = errors.categorizeError(error, exchangeId, context());
    const met = { ...found, message: redact(found.message) };
    await errors.logError(met);
    await errors.alertOnError(met);
    if (met.category === 'FATAL') await disable(met);
  };
  try {
    const value = await answer;
    const error = errorOfOutcome(value);
    if (error !== undefined) await react(error);
    return value;
  } catch (error) {
    await react(error);
    throw error;
  }
}

/** Order calls answer with outcomes; all but "accepted" carry an error. */
function errorOfOutcome(value: unknown): OrderError | undefined {
  const { outcome, error } = (value ?? {}) as { outcome?: string; error?: OrderError };
  return outcome === undefined ? undefined : error;
}
