import { createHash } from 'node:crypto';

/** Longer payloads are cut: a record stays small enough for a table's item, and its digest still proves the whole. */
export const PAYLOAD_CHARACTERS_MAX = 32_768;

/** What is kept of a payload that was cut. */
export interface CutPayload {
  cut: true;
  /** Of the JSON text, in UTF-16 units and as SHA-256 (hex) over its UTF-8. */
  characters: number;
  sha256: string;
  /** Its beginning. */
  head: string;
}

/** What an exchange says is of no known length. */
const ERROR_CHARACTERS_MAX = 2_048;

/** A payload, free of secrets already, as the JSON text that is kept. */
export function payloadText(payload: unknown): string {
  const text = JSON.stringify(payload) ?? 'null';
  if (text.length <= PAYLOAD_CHARACTERS_MAX) return text;
  const cut: CutPayload = {
    cut: true,
    characters: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
    head: text.slice(0, PAYLOAD_CHARACTERS_MAX),
  };
  return JSON.stringify(cut);
}

/** The words of an error, free of secrets already: their beginning, where they are many. The payload has all. */
export function errorText(message: string): string {
  return message.length <= ERROR_CHARACTERS_MAX ? message : `${message.slice(0, ERROR_CHARACTERS_MAX)}…`;
}
