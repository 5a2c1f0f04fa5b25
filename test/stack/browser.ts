import { chmodSync, createReadStream, createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';
import { LocalStackError } from '../../src/local/local-stack-error';
import { findProgram, isExecutable } from '../../src/local/programs';
import { cached, runTool, type Workshop } from '../../src/local/workshop';
import { inWorkshop } from './test-workshop';

/** The npm package that carries Chromium for Linux on x64, with the libraries that a bare machine lacks. */
const PACKAGE = '@sparticuz/chromium';
const VERSION = '153.0.0';
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const LAUNCH_LIMIT_MS = 30_000;
/** It shows pages of this machine only: nothing is looked up elsewhere. */
const ARGUMENTS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'],
];

interface Program {
  path: string;
  /** Where it looks for shared libraries first. */
  libraries?: string;
}

/**
 * A headless Chromium: CHROMIUM_PATH, the one on PATH, else got once with npm.
 * @throws LocalStackError when there is none, with the ways to get one
 */
export async function openBrowser(): Promise<Browser> {
  const { path, libraries } = await findChromium();
  return await chromium.launch({
    executablePath: path,
    args: ARGUMENTS,
    timeout: LAUNCH_LIMIT_MS,
    env: { ...definedOf(process.env), ...(libraries !== undefined && { LD_LIBRARY_PATH: libraries }) },
  });
}

async function findChromium(): Promise<Program> {
  const named = process.env['CHROMIUM_PATH'];
  if (named && isExecutable(named)) return { path: named };
  if (named) throw new LocalStackError(`CHROMIUM_PATH is '${named}', which is no program: name Chromium, or unset it.`);
  const installed = NAMES.map((name) => findProgram(name, process.env)).find((path) => path !== undefined);
  if (installed !== undefined) return { path: installed };
  const directory = await inWorkshop('Chromium', (workshop) =>
    cached(workshop, {
      name: `chromium-${VERSION}`,
      doing: `downloading Chromium ${VERSION} with npm, once (70 MB)`,
      make: (partial) => fetchChromium(workshop, partial),
    }),
  );
  return { path: join(directory, 'chromium'), libraries: join(directory, 'lib') };
}

async function fetchChromium(workshop: Workshop, directory: string): Promise<void> {
  const [npm, tar] = [findProgram('npm', workshop.environment), findProgram('tar', workshop.environment)];
  if (process.platform !== 'linux' || process.arch !== 'x64' || !npm || !tar) {
    throw new LocalStackError(
      'Chromium is missing: install it (apt-get install chromium; on PATH), or set CHROMIUM_PATH. npm gets it on Linux on x64 only.',
    );
  }
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  const args = ['install', '--prefix', directory, ...options, `${PACKAGE}@${VERSION}`];
  await runTool(workshop, { command: npm, args, directory });
  const packed = join(directory, 'node_modules', PACKAGE, 'bin');
  const [program, libraries] = [join(directory, 'chromium'), join(directory, 'libraries.tar')];
  await unpack(join(packed, 'chromium.br'), program);
  chmodSync(program, 0o755);
  await unpack(join(packed, 'al2023.tar.br'), libraries);
  await runTool(workshop, { command: tar, args: ['-xf', libraries, '-C', directory], directory });
  for (const left of [libraries, join(directory, 'node_modules')]) rmSync(left, { recursive: true });
}

async function unpack(from: string, to: string): Promise<void> {
  await pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to));
}

function definedOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
