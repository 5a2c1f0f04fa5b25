import { csvOf } from './csv';
import { jsonLinesOf } from './json-lines';
import { parquetOf } from './parquet';
import type { Report } from './report';

export const EXPORT_FORMATS = ['csv', 'jsonl', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A report in a format, as it is made: rows are taken as the reader takes what is written of them. */
export function encoded<Row extends object>(
  format: ExportFormat,
  report: Report<Row>,
  rows: AsyncIterable<Row>,
): AsyncIterable<string | Uint8Array> {
  switch (format) {
    case 'csv':
      return csvOf(report, rows);
    case 'jsonl':
      return jsonLinesOf(report, rows);
    case 'parquet':
      return parquetOf(report, rows);
  }
}
