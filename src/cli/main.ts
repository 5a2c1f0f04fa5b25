#!/usr/bin/env node
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { serviceEnvironmentFile } from '../local/state-directory';
import { systemClock } from '../platform/clock';
import { readProcessEnvironment } from '../platform/process-environment';
import { systemRandom } from '../platform/random';
import { runCommand } from './program';

/** A running `npm start` leaves its addresses there; what is set otherwise stands before them. */
const startedService = serviceEnvironmentFile(
  resolve(process.env['EXCHANGE_INTEGRATION_DIRECTORY'] || '.exchange-integration'),
);

const CLEAR_SCREEN = '\u001b[H\u001b[2J\u001b[3J';

void runCommand(process.argv, {
  environment: readProcessEnvironment([startedService]),
  clock: systemClock,
  random: systemRandom,
  user: userInfo().username,
  stdin: process.stdin,
  stdout: (line) => void process.stdout.write(`${line}\n`),
  stderr: (line) => void process.stderr.write(`${line}\n`),
  stream: streamToStdout,
  exitWith: (code) => {
    process.exitCode = code;
  },
  stopSignal: () => {
    const stop = new AbortController();
    process.once('SIGINT', () => stop.abort()); // a second one ends the process at once
    return stop.signal;
  },
  ...(process.stdout.isTTY && { redraw: (text: string) => void process.stdout.write(`${CLEAR_SCREEN}${text}\n`) }),
});

/** A reader that has enough, like `head`, is no failure. */
async function streamToStdout(content: AsyncIterable<string | Uint8Array>): Promise<void> {
  try {
    await pipeline(Readable.from(content), process.stdout, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}
