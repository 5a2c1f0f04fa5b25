import { cellsOf, columnsOf, type Report } from './report';

/** A JSON object a line; what is absent is left out. */
export async function* jsonLinesOf<Row extends object>(
  report: Report<Row>,
  rows: AsyncIterable<Row>,
): AsyncGenerator<string> {
  const names = columnsOf(report).map(({ name }) => name);
  for await (const row of rows) {
    const cells = cellsOf(report, row);
    yield `${JSON.stringify(Object.fromEntries(names.map((name, place) => [name, cells[place]])))}\n`;
  }
}
