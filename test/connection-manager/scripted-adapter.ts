import type { ExchangeAdapter } from '../../src/exchanges/adapter';

/** An account whose exchange does what the test says; only what connections are made of is there. */
export class ScriptedAdapter {
  readonly exchangeId = 'BINANCE';
  /** What the next connect() meets. */
  connectFailure: Error | undefined;
  private open = false;
  private lossCallback: (reason: Error) => void = () => undefined;

  constructor(private readonly calls: Partial<ExchangeAdapter> = {}) {}

  asAdapter(): ExchangeAdapter {
    const own: Partial<ExchangeAdapter> = {
      exchangeId: this.exchangeId,
      connect: () => {
        if (this.connectFailure !== undefined) return Promise.reject(this.connectFailure);
        this.open = true;
        return Promise.resolve();
      },
      disconnect: () => {
        this.open = false;
        return Promise.resolve();
      },
      isConnected: () => this.open,
      onConnectionLost: (callback) => {
        this.lossCallback = callback;
        return () => undefined;
      },
      ...this.calls,
    };
    return own as ExchangeAdapter;
  }

  lose(): void {
    this.open = false;
    this.lossCallback(new Error('cut'));
  }
}
