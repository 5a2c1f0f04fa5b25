#!/usr/bin/env node
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { serviceEnvironmentFile } from '../local/state-directory';
import { systemClock } from '../platform/clock';
import { readProcessEnvironment } from '../platform/process-environment';
import { systemRandom } from '../platform/random';
import { runCommand } from './program';

/** A running `npm start` leaves its addresses there; what is set otherwise stands before them. */
const startedService = serviceEnvironmentFile(
  resolve(process.env['EXCHANGE_INTEGRATION_DIRECTORY'] || '.exchange-integration'),
);

void runCommand(process.argv, {
  environment: readProcessEnvironment([startedService]),
  clock: systemClock,
  random: systemRandom,
  user: userInfo().username,
  stdin: process.stdin,
  stdout: (line) => void process.stdout.write(`${line}\n`),
  stderr: (line) => void process.stderr.write(`${line}\n`),
  exitWith: (code) => {
    process.exitCode = code;
  },
});
