import type { Readable } from 'node:stream';
import type { Clock } from '../platform/clock';
import type { Environment } from '../platform/environment';
import type { Random } from '../platform/random';

/** What a command has besides its flags; built by main.ts. */
export interface Surroundings {
  environment: Environment;
  clock: Clock;
  random: Random;
  /** Who cancels and changes, where a flag does not say. */
  user: string;
  stdin: Readable;
  /** Both take whole lines. */
  stdout(line: string): void;
  stderr(line: string): void;
  /** Writes texts and bytes to stdout as they are, and as fast as they are taken there. */
  stream(content: AsyncIterable<string | Uint8Array>): Promise<void>;
  exitWith(code: ExitCode): void;
  /** For a command that goes on without end: from now on Ctrl-C ends it in good order. */
  stopSignal(): AbortSignal;
  /** Shows a text in the place of the one before; where stdout is a terminal. */
  redraw?(text: string): void;
}

/** What a script can tell a command's end by. */
export const EXIT_CODES = {
  done: 0,
  /** Refused, failed, or not found: stderr says why. */
  refused: 1,
  /** The command line itself can't be used. */
  usage: 2,
  /** There is no answer yet, and it may still take effect: ask again with the same ids. */
  pending: 3,
} as const;
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];
