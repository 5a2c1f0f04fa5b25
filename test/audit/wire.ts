import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** A private request as its bytes went out. */
export interface SentRequest {
  method: string;
  path: string;
  apiKey: string;
  signature: string;
}

/** Sees what this process really sends to an exchange, below all of the project's own code. */
export class Wire {
  private readonly seen: SentRequest[] = [];

  constructor() {
    subscribe('undici:client:sendHeaders', this.follow);
  }

  /** Those under one key, oldest first. */
  of(apiKey: string): SentRequest[] {
    return this.seen.filter((sent) => sent.apiKey === apiKey);
  }

  close(): void {
    unsubscribe('undici:client:sendHeaders', this.follow);
  }

  private readonly follow = (message: unknown): void => {
    const { request, headers } = message as {
      request: { method: string; path: string; body: unknown };
      headers: string;
    };
    const apiKey = /^x-mbx-apikey: (.*)\r$/im.exec(headers)?.[1];
    if (apiKey === undefined) return;
    const { pathname, searchParams } = new URL(request.path, 'http://exchange.test');
    const body = new URLSearchParams(String(request.body ?? '')); // bytes say their text
    const signature = searchParams.get('signature') ?? body.get('signature') ?? '';
    this.seen.push({ method: request.method, path: pathname, apiKey, signature });
  };
}
