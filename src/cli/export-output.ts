import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { type Command, Option } from 'commander';
import { ServiceError } from '../domain/errors';
import { encoded, EXPORT_FORMATS, type ExportFormat } from '../export/formats';
import type { Report } from '../export/report';
import { writeWholeFile } from '../platform/whole-file';
import { type CommonFlags, print } from './command-line';
import type { Surroundings } from './surroundings';

/** What every export takes. */
export interface ExportFlags extends CommonFlags {
  format: ExportFormat;
  output?: string;
}

export function addExportFlags(command: Command): Command {
  return command
    .addOption(exportFormat().default('csv'))
    .option('--output <file>', 'complete or not there (default: stdout)');
}

export function exportFormat(): Option {
  return new Option('--format <format>', 'of the export').choices([...EXPORT_FORMATS]);
}

/**
 * Writes a report to stdout or to a file, row by row as they are read; of a file it says where it is.
 * @throws ServiceError INVALID_INPUT for bytes on a terminal, and for --json where stdout has the export itself
 */
export async function exportReport<Row extends object>(
  flags: ExportFlags,
  surroundings: Surroundings,
  report: Report<Row>,
  rows: AsyncIterable<Row>,
): Promise<void> {
  const { format, output } = flags;
  const written = { rows: 0 };
  const content = encoded(format, report, counted(rows, written));
  if (output === undefined) {
    refuseStdout(flags, surroundings);
    return await surroundings.stream(content);
  }
  const file = resolve(output);
  await writeWholeFile(file, Readable.from(content));
  const { name, schemaVersion } = report;
  const result = { file, format, report: name, schemaVersion, ...written };
  print(flags, surroundings, result, () => `${written.rows} rows of ${name} are in ${file}.`);
}

function refuseStdout({ format, json }: ExportFlags, { redraw }: Surroundings): void {
  if (format === 'parquet' && redraw !== undefined) throw invalid('parquet is no text for a terminal: give --output');
  if (json === true) throw invalid('--json tells of a file: give --output, or --format jsonl without --json');
}

function invalid(message: string): ServiceError {
  return new ServiceError('INVALID_INPUT', `The export can't be written: ${message}.`, [{ field: 'output', message }]);
}

async function* counted<Row>(rows: AsyncIterable<Row>, written: { rows: number }): AsyncGenerator<Row> {
  for await (const row of rows) {
    written.rows++;
    yield row;
  }
}
