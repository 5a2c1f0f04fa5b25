import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm';
import type { Report } from '../../src/export/report';

/** What readers of the three formats make of an export: a row's fields as texts, absent ones left out. */
export type ReadRow = Record<string, string>;

/** RFC 4180 to the letter, by a reader of its own; a guarded text loses its apostrophe. */
export function readCsv<Row>({ columns }: Report<Row>, text: string): ReadRow[] {
  const [header = [], ...lines] = csvLines(text);
  const types: Record<string, string> = columns;
  return lines.map((cells) => {
    if (cells.length !== header.length) throw new Error(`A line has ${cells.length} cells: ${JSON.stringify(cells)}`);
    const named = header.map((name, place) => [name, cells[place] ?? ''] as const).filter(([, cell]) => cell !== '');
    return Object.fromEntries(
      named.map(([name, cell]) => [name, types[name] === 'text' ? cell.replace(/^'/, '') : cell]),
    );
  });
}

function csvLines(text: string): string[][] {
  const lines: string[][] = [];
  let rest = text;
  let line: string[] = [];
  while (rest !== '') {
    const [whole, quoted, plain, end] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest) ?? [];
    if (whole === undefined) throw new Error(`This is no CSV: ${JSON.stringify(rest.slice(0, 80))}`);
    line.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    rest = rest.slice(whole.length);
    if (end === ',') continue;
    lines.push(line);
    line = [];
  }
  return lines;
}

export function readJsonLines(text: string): ReadRow[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('The last line is cut off.');
  return lines.map((line) =>
    Object.fromEntries(
      Object.entries(JSON.parse(line) as Record<string, string | number>).map(([name, cell]) => [name, String(cell)]),
    ),
  );
}

/** By the Rust implementation of Parquet. */
export function readParquetFile(bytes: Uint8Array): {
  rows: ReadRow[];
  types: Record<string, string>;
  metadata: Map<string, string>;
} {
  const table = tableFromIPC(readParquet(bytes).intoIPCStream());
  const fields = table.schema.fields.map(({ name, type }) => [name, String(type)] as const);
  const types = Object.fromEntries(fields);
  const rows = table.toArray().map((row: Record<string, unknown>) =>
    Object.fromEntries(
      fields
        .map(([name, type]) => [name, row[name], type] as const)
        .filter(([, cell]) => cell !== null)
        .map(([name, cell, type]) => [
          name,
          type.startsWith('Timestamp') ? new Date(Number(cell)).toISOString() : String(cell),
        ]),
    ),
  );
  return { rows, types, metadata: table.schema.metadata };
}
