import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../../src/local/programs';
import { cached, runTool } from '../../src/local/workshop';
import { inWorkshop } from './test-workshop';

const TEMPORALIO_VERSION = '1.35.0';
const REDIS_PY_VERSION = '7.4.1';

/**
 * A Python interpreter that has Temporal's SDK and a Redis client: a virtual environment in the project's cache, made once.
 * @returns its path
 * @throws LocalStackError or Error when there is no Python, or they can't be installed
 */
export async function pythonOfRiskEngine(): Promise<string> {
  const python = findProgram('python3', process.env);
  if (!python) throw new Error('Python is missing: install Python 3.10 or newer, with venv (python3 on PATH).');
  const { stdout } = await promisify(execFile)(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
  const directory = await inWorkshop('Python', (workshop) =>
    cached(workshop, {
      name: `python-${stdout.trim()}-temporalio-${TEMPORALIO_VERSION}-redis-${REDIS_PY_VERSION}`,
      doing: `installing Temporal's Python SDK ${TEMPORALIO_VERSION} and redis-py ${REDIS_PY_VERSION}, once`,
      make: async (partial) => {
        await runTool(workshop, { command: python, args: ['-m', 'venv', partial], directory: partial });
        const packages = [`temporalio==${TEMPORALIO_VERSION}`, `redis==${REDIS_PY_VERSION}`];
        const args = ['-m', 'pip', 'install', '--disable-pip-version-check', ...packages];
        await runTool(workshop, { command: interpreterIn(partial), args, directory: partial });
      },
    }),
  );
  return interpreterIn(directory);
}

/** Found by its own place, so the environment may be moved once it is complete. */
function interpreterIn(directory: string): string {
  const path = join(directory, 'bin', 'python');
  return existsSync(path) ? path : `${path}3`;
}
