import type { DataConverter } from '@temporalio/common';
import type { EncryptionKey } from '../platform/environment';
import { PayloadEncryption } from './payload-encryption';

/**
 * The one data converter: every client, worker and command is built with it, so that all read what any of them wrote.
 * Without keys payloads are plain JSON; with keys they and the texts of failures are encrypted.
 */
export function createDataConverter(keys: readonly EncryptionKey[]): DataConverter {
  if (keys.length === 0) return {};
  return {
    payloadCodecs: [new PayloadEncryption(keys)],
    failureConverterPath: require.resolve('./failure-converter'),
  };
}
