import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCommand } from '../../src/cli/program';
import { systemClock } from '../../src/platform/clock';
import { systemRandom } from '../../src/platform/random';
import { TYPESCRIPT_ARGUMENTS } from '../stack/options';

export interface CliResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** Of stdout. */
  json(): unknown;
}

export interface CliInput {
  environment?: Record<string, string>;
  stdin?: string;
  /** After which line of stdout Ctrl-C is pressed, for a command that goes on without end. */
  stopAfter?(line: string): boolean;
}

const MAIN = join(__dirname, '..', '..', 'src', 'cli', 'main.ts');

/** Runs the command in a process of its own, in a directory where nothing is configured. */
export async function runCli(
  args: readonly string[],
  { environment = {}, stdin = '' }: CliInput = {},
): Promise<CliResult> {
  const child = spawn(process.execPath, [...TYPESCRIPT_ARGUMENTS, MAIN, ...args], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  });
  child.stdin.end(stdin);
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return resultOf(exitCode, stdout, stderr);
}

/** Runs the same command without the process around it, which takes a second to start. */
export async function runHere(
  args: readonly string[],
  { environment = {}, stdin = '', stopAfter = () => false }: CliInput = {},
): Promise<CliResult> {
  const lines: Record<'stdout' | 'stderr', string[]> = { stdout: [], stderr: [] };
  const stop = new AbortController();
  let exitCode = 0;
  await runCommand(['node', 'exchange-integration', ...args], {
    environment,
    clock: systemClock,
    random: systemRandom,
    user: 'tester',
    stdin: Readable.from([stdin]),
    stdout: (line) => {
      lines.stdout.push(`${line}\n`);
      if (stopAfter(line)) stop.abort();
    },
    stderr: (line) => void lines.stderr.push(`${line}\n`),
    stream: async (content) => {
      for await (const part of content) lines.stdout.push(Buffer.from(part).toString('latin1'));
    },
    exitWith: (code) => {
      exitCode = code;
    },
    stopSignal: () => stop.signal,
  });
  return resultOf(exitCode, lines.stdout.join(''), lines.stderr.join(''));
}

function resultOf(exitCode: number | null, stdout: string, stderr: string): CliResult {
  return { exitCode, stdout, stderr, json: () => JSON.parse(stdout) as unknown };
}
