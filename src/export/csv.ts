import { type Cell, type Column, cellsOf, columnsOf, type Report } from './report';

const LINE_END = '\r\n';
/** What a spreadsheet takes for the beginning of a formula, and the sign that we put before it. */
const FORMULA_START = /^[=+\-@\t\r\n'＝＋－＠]/;
const GUARD = "'";
const NEEDS_QUOTES = /[",\r\n]/;

/** RFC 4180, in UTF-8: a header, then a line a row; what is absent is an empty cell. */
export async function* csvOf<Row extends object>(
  report: Report<Row>,
  rows: AsyncIterable<Row>,
): AsyncGenerator<string> {
  const columns = columnsOf(report);
  yield lineOf(columns.map(({ name }) => name));
  for await (const row of rows) {
    yield lineOf(cellsOf(report, row).map((cell, place) => textOf(cell, columns[place]?.type)));
  }
}

/** A text that a spreadsheet would take for a formula is guarded by an apostrophe; a reader takes one off. */
function textOf(cell: Cell, type: Column['type'] | undefined): string {
  if (cell === undefined) return '';
  const text = String(cell);
  return type === 'text' && FORMULA_START.test(text) ? `${GUARD}${text}` : text;
}

function lineOf(texts: readonly string[]): string {
  return `${texts.map((text) => (NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(',')}${LINE_END}`;
}
