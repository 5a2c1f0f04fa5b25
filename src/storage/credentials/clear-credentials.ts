import { inspect } from 'node:util';
import type { Credentials } from '../../domain/exchange';

const SHOWN = '[credentials]';

/**
 * Credentials whose fields can be read by name and in no other way: not by JSON, inspection, listing or copying, and so
 * not by logging an object that holds them.
 */
export class ClearCredentials implements Credentials {
  declare readonly apiKey: string;
  declare readonly apiSecret: string;
  declare readonly passphrase?: string;
  declare readonly fixSenderCompId?: string;
  declare readonly fixTargetCompId?: string;

  constructor(fields: Credentials) {
    for (const [name, value] of Object.entries(fields)) Object.defineProperty(this, name, { value, enumerable: false });
  }

  toJSON(): string {
    return SHOWN;
  }

  toString(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
