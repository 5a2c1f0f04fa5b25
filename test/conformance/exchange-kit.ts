import type fc from 'fast-check';
import type { AuthMethod, Credentials, ExchangeId } from '../../src/domain/exchange';
import type { ExecutionUpdate, OrderUpdate } from '../../src/domain/order';
import type { ExchangeAdapter, OrderRef } from '../../src/exchanges/adapter';
import { EXCHANGES } from '../../src/exchanges/registry';
import type { CallObserver, ObservedCall } from '../../src/transport/call-observer';
import { binanceKit } from './binance-kit';

/** What a test that runs over all exchanges needs of each: its simulator and its messages. */
export interface ExchangeKit {
  /** Starts the exchange's simulator with a funded account, prices standing still. */
  start(): Promise<RunningExchange>;
  /** A valid private stream message about an order of ours, and what of it must come out. */
  streamMessage(): fc.Arbitrary<StreamMessage>;
  /**
   * Whether a private call carries the exchange's authentication by this method, made with these credentials. Computed
   * here from the exchange's documentation, without the adapter's signer.
   */
  isAuthenticated(sent: ObservedCall['sent'], authMethod: AuthMethod, credentials: Credentials): boolean;
  /** Reads a stream message as the adapter does. @throws for what is no valid message */
  readMessage(message: unknown, assetId: string): { update: OrderUpdate; execution?: ExecutionUpdate };
}

export interface StreamMessage {
  message: Record<string, unknown>;
  assetId: string;
  expected: Partial<OrderUpdate>;
  /** Absent where the message tells of no execution. */
  execution?: Partial<ExecutionUpdate>;
}

export interface RunningExchange {
  adapter: ExchangeAdapter;
  /** Makes a funded account with these credentials. */
  openAccount(credentials: Credentials): Promise<void>;
  adapterFor(options: { credentials: Credentials; authMethod: AuthMethod; observer: CallObserver }): ExchangeAdapter;
  /** An instrument on which prices stand between these. */
  assetId: string;
  price: { min: string; max: string };
  /** Fills a part of a resting order. */
  fill(ref: OrderRef, quantity: string): Promise<void>;
  /** Sends a raw order past our checks. @returns why the exchange refused it, if by an instrument's rule of fixed size */
  refusalByRule(order: RawOrder): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface RawOrder {
  side: 'BUY' | 'SELL';
  orderType: 'LIMIT' | 'MARKET';
  quantity: string;
  price?: string;
}

const KITS: Partial<Record<ExchangeId, ExchangeKit>> = { BINANCE: binanceKit };

/** Every registered exchange with its kit; an exchange without one fails here rather than go untested. */
export const KITS_OF_REGISTERED: [ExchangeId, ExchangeKit][] = (Object.keys(EXCHANGES) as ExchangeId[]).map((id) => {
  const kit = KITS[id];
  if (kit === undefined) throw new Error(`${id} is registered but has no kit in test/conformance.`);
  return [id, kit];
});
