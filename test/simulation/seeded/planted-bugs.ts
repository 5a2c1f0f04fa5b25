import type { ExecutionUpdate } from '../../../src/domain/order';
import type { ExchangeAdapter } from '../../../src/exchanges/adapter';
import type { WorkerDeps } from '../../../workers/roles';

/** Bugs that a run of the simulation must find: each is a worker with one dependency changed. */
export const PLANTS = ['book-twice', 'resend-on-unknown'] as const;
export type Plant = (typeof PLANTS)[number];

export function planted(plant: Plant, deps: WorkerDeps): WorkerDeps {
  return plant === 'book-twice' ? bookingTwice(deps) : resendingOnUnknown(deps);
}

/** A fill that comes a second time is taken for another one. */
function bookingTwice(deps: WorkerDeps): WorkerDeps {
  const { ledger } = deps;
  return {
    ...deps,
    ledger: {
      ...ledger,
      bookFills: async (executions, source) => {
        const booked = await ledger.bookFills(executions, source);
        const again = booked.filter(({ result }) => result === 'DUPLICATE').map(({ execution }) => renamed(execution));
        return [...booked, ...(again.length === 0 ? [] : await ledger.bookFills(again, source))];
      },
    },
  };
}

function renamed(execution: ExecutionUpdate): ExecutionUpdate {
  return { ...execution, executionId: `${execution.executionId}0` };
}

/** A submission without an answer is sent once more, without a look at what became of it. */
function resendingOnUnknown(deps: WorkerDeps): WorkerDeps {
  const { exchanges } = deps;
  const getAdapter: typeof exchanges.getAdapter = async (tenantId, exchangeId) =>
    resending(await exchanges.getAdapter(tenantId, exchangeId));
  return { ...deps, exchanges: withMethod(exchanges, { getAdapter }) };
}

function resending(adapter: ExchangeAdapter): ExchangeAdapter {
  const submitOrder: ExchangeAdapter['submitOrder'] = async (order) => {
    const outcome = await adapter.submitOrder(order);
    return outcome.outcome === 'unknown' ? await adapter.submitOrder(order) : outcome;
  };
  return withMethod(adapter, { submitOrder });
}

/** The same object with a method exchanged; the others find its private fields where they are. */
function withMethod<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get: (_, name) => {
      if (Object.hasOwn(methods, name)) return Reflect.get(methods, name) as unknown;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}
