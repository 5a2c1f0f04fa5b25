import { Buffer } from 'node:buffer';
import type { Dispatcher } from 'undici';
import { errors } from 'undici';
import type { TransportFault } from '../transport-error';
import { TransportError } from '../transport-error';

/** A whole reply. */
export interface Collected {
  status: number;
  headers: Record<string, string>;
  body: string;
}

interface Settlement {
  resolve(reply: Collected): void;
  reject(error: TransportError): void;
}

/**
 * Follows one request on its socket. undici calls onRequestStart right before it writes the first byte: an error before
 * that proves that nothing was sent, one after it proves nothing.
 */
export class ResponseCollector implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private started = false;
  private status = 0;
  private headers: Record<string, string> = {};
  private readonly chunks: Buffer[] = [];

  /** `beforeWrite` may throw a TransportError to keep the request from being written after all. */
  constructor(
    private readonly what: string,
    private readonly settlement: Settlement,
    private beforeWrite: () => void,
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.started) {
      controller.abort(new Error('a request is written once')); // undici may repeat one that a socket's end cut off
      return;
    }
    this.controller = controller;
    try {
      this.beforeWrite();
      this.started = true;
    } catch (error) {
      controller.abort(error as Error);
    }
  }

  /** The call has taken as long as it may. One that is not written yet never will be: undici asks onRequestStart first. */
  giveUp(timeoutMs: number): void {
    const late = `it took longer than ${timeoutMs} ms`;
    this.beforeWrite = () => {
      throw new Error(late);
    };
    this.settlement.reject(
      this.started
        ? new TransportError('TIMEOUT', 'maybe', `${this.what} may have been processed, its reply is lost: ${late}.`)
        : new TransportError('TIMEOUT', 'no', `${this.what} was not sent: ${late}.`),
    );
    this.controller?.abort(new Error(late));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Record<string, unknown>): void {
    this.status = status;
    this.headers = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    const body = Buffer.concat(this.chunks).toString('utf8');
    this.settlement.resolve({ status: this.status, headers: this.headers, body });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.settlement.reject(error instanceof TransportError ? error : this.classify(error));
  }

  private classify(error: Error): TransportError {
    const reason = error.message === '' ? error.name : error.message;
    if (!this.started) {
      return new TransportError('NOT_CONNECTED', 'no', `${this.what} was not sent: ${reason}.`, { cause: error });
    }
    const reply = this.status === 0 ? {} : { reply: { status: this.status, headers: this.headers } };
    const message = `${this.what} may have been processed, its reply was lost: ${reason}.`;
    return new TransportError(faultOf(error), 'maybe', message, { cause: error, ...reply });
  }
}

function faultOf(error: Error): TransportFault {
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) return 'TIMEOUT';
  if (error instanceof errors.ResponseExceededMaxSizeError) return 'TOO_LARGE';
  return 'CONNECTION_LOST';
}
