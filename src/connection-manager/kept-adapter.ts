import { orderError, ServiceError } from '../domain/errors';
import { denied, unknown } from '../domain/outcome';
import type { ExchangeAdapter, ExchangeHealthResult } from '../exchanges/adapter';
import type { ExchangeEndpoints } from '../exchanges/exchange-module';
import type { Clock } from '../platform/clock';
import {
  type ConnectionName,
  type ConnectionObserver,
  type ConnectionWatch,
  UNWATCHED,
} from '../transport/connection-observer';
import type { ConnectionPool, PooledAdapter } from './connection-pool';
import type { ManagedConnection } from './managed-connection';

/** These answer with outcomes, also when they are refused or given up. */
const ORDER_CALLS: ReadonlySet<string> = new Set([
  'submitOrder',
  'cancelOrder',
  'modifyOrder',
  'cancelAll',
  'cancelAllAfter',
]);
/** These ask the exchange nothing. */
const LOCAL_CALLS: ReadonlySet<string> = new Set([
  'isConnected',
  'onConnectionLost',
  'subscribeToOrderUpdates',
  'subscribeToExecutions',
  'unsubscribe',
]);
/** Before an order call that met a shutdown is made again, elsewhere. */
const REFUSED_PAUSE_MS = 1_000;

export interface KeptAdapterParts {
  /** The account's pool; a new one after a shutdown. */
  pool(): ConnectionPool;
  endpoints: ExchangeEndpoints;
  clock: Clock;
}

/** The connections of one adapter: the one that its REST calls use, and its stream while that is wanted. */
export class KeptAdapter implements PooledAdapter {
  private pooled: ConnectionPool | undefined;
  private rest: ManagedConnection | undefined;
  private stream: ManagedConnection | undefined;
  private adapter: ExchangeAdapter | undefined;
  /** Its owner has disconnected it, so that nobody would close what a late call opened. */
  private isLeft = false;
  /** For the adapter's transports. */
  readonly observer: ConnectionObserver = { watch: (connection) => this.watchOf(connection) };

  constructor(private readonly parts: KeptAdapterParts) {}

  connections(): readonly ManagedConnection[] {
    return [this.rest, this.stream].filter((connection) => connection !== undefined);
  }

  /** The adapter as callers are to have it. (A Proxy: it must be all of the port's calls, those to come too.) */
  wrap(adapter: ExchangeAdapter): ExchangeAdapter {
    this.adapter = adapter;
    adapter.onConnectionLost(() => this.stream?.lost());
    return new Proxy(adapter, {
      get: (target, name) => {
        if (name === KEPT) return this;
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function' || typeof name !== 'string') return member;
        if (name === 'connect') return () => this.connect();
        if (name === 'disconnect') return () => this.disconnect();
        const call = (...args: unknown[]): unknown => Reflect.apply(member, target, args);
        if (LOCAL_CALLS.has(name)) return call;
        return (...args: unknown[]) => this.called(name, () => call(...args) as Promise<unknown>);
      },
    });
  }

  /** Puts its REST connection into the pool. @throws ServiceError CONNECTIONS_EXHAUSTED, SHUTTING_DOWN */
  use(): { pool: ConnectionPool; rest: ManagedConnection } {
    if (this.isLeft) throw new ServiceError('SHUTTING_DOWN', 'The connection that this call is of was closed.');
    this.pooled ??= this.parts.pool();
    this.pooled.refuseWhenDraining();
    this.rest ??= this.pooled.add(this, 'REST', this.parts.endpoints.restEndpoint);
    return { pool: this.pooled, rest: this.rest };
  }

  /** Opens the stream. @throws what the adapter throws, and ServiceError CONNECTIONS_EXHAUSTED, SHUTTING_DOWN */
  async connect(): Promise<ManagedConnection> {
    if (this.stream?.isOpen) return this.stream;
    this.isLeft = false;
    const { pool } = this.use();
    const { restEndpoint, wsEndpoint = restEndpoint } = this.parts.endpoints;
    const stream = (this.stream ??= pool.add(this, 'WEBSOCKET', wsEndpoint));
    stream.opening();
    try {
      await pool.calls.run(async () => await this.adapter?.connect(), givenUp);
      stream.opened();
      return stream;
    } catch (error) {
      stream.failed();
      throw error;
    }
  }

  private async disconnect(): Promise<void> {
    this.isLeft = true;
    await this.close();
  }

  /** Its calls may open it again. */
  async close(): Promise<void> {
    try {
      await this.adapter?.disconnect();
    } finally {
      this.pooled?.leave(this);
      this.pooled = undefined;
      this.rest = undefined;
      this.stream = undefined;
    }
  }

  /** A call that costs little and says whether the exchange answers; the answer is a sample of the REST connection. */
  async probe(): Promise<ExchangeHealthResult | undefined> {
    return (await this.called('healthCheck', async () => await this.adapter?.healthCheck())) as
      ExchangeHealthResult | undefined;
  }

  /** Only what was refused before the call may be a denial: of what the call itself throws nobody knows what was sent. */
  private async called(name: string, call: () => Promise<unknown>): Promise<unknown> {
    const isOrderCall = ORDER_CALLS.has(name);
    let pool: ConnectionPool;
    try {
      ({ pool } = this.use());
    } catch (error) {
      if (!isOrderCall || !(error instanceof ServiceError)) throw error;
      return denied(error.toOrderError(), this.parts.clock.now() + REFUSED_PAUSE_MS);
    }
    return await pool.calls.run(call, () => (isOrderCall ? inDoubt(name) : givenUp()));
  }

  /** Transports are built before the connections are in the pool, and outlive their places there. */
  private watchOf({ type, purpose }: ConnectionName): ConnectionWatch {
    if (purpose === 'MARKET') return UNWATCHED;
    const own = (): ConnectionWatch => (type === 'REST' ? this.rest : this.stream)?.watch ?? UNWATCHED;
    return {
      ...UNWATCHED,
      sent: () => own().sent(),
      received: () => own().received(),
      answered: (latencyMs) => own().answered(latencyMs),
      failed: (error) => own().failed(error),
    };
  }
}

const KEPT = Symbol('the connections of an adapter');

/** The connections of an adapter that `wrap` has given, also when it was wrapped again since. */
export function keptOf(adapter: ExchangeAdapter): KeptAdapter {
  return (adapter as unknown as Record<typeof KEPT, KeptAdapter>)[KEPT];
}

function inDoubt(call: string): unknown {
  return unknown(orderError('OUTCOME_UNKNOWN', `The connection was shut down before ${call} was answered.`));
}

function givenUp(): never {
  throw new ServiceError('SHUTTING_DOWN', 'The connection was shut down before the call was answered.');
}
