import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const TAIL_BYTES = 4_096;
const TAIL_LINES = 5;

/** The end of a log file as one line; empty when there is none. */
export function lastLogLines(path: string): string {
  try {
    const lines = readTail(path).split('\n');
    return lines
      .map((line) => line.trim())
      .filter(Boolean)
      .slice(-TAIL_LINES)
      .join(' | ');
  } catch {
    return '';
  }
}

function readTail(path: string): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8');
  } finally {
    closeSync(file);
  }
}
