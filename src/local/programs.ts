import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The environment a stack is started with: PATH, HOME and the variables the README lists. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The full path of a program on the environment's PATH. */
export function findProgram(name: string, environment: Environment): string | undefined {
  const directories = (environment['PATH'] ?? '').split(delimiter).filter(Boolean);
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
