import type { ColumnSource, ParquetWriter } from 'hyparquet-writer' with { 'resolution-mode': 'import' };
import { type Cell, type Column, cellsOf, columnsOf, type ColumnType, type Report } from './report';

/** A group is in memory while it is written. */
const ROWS_PER_GROUP = 5_000;

/** What a file begins with. */
const MAGIC_BYTES = 4n;

type SchemaElement = ParquetWriter['schema'][number];

const ELEMENTS = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  decimal: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  instant: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  integer: { type: 'INT64' },
} as const satisfies Record<ColumnType, Omit<SchemaElement, 'name'>>;

/** Apache Parquet, Snappy, in row groups; report and version are also in the file's own metadata. */
export async function* parquetOf<Row extends object>(
  report: Report<Row>,
  rows: AsyncIterable<Row>,
): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter: Writer } = await import('hyparquet-writer');
  const columns = columnsOf(report);
  const bytes = new ByteWriter();
  const writer = new Writer({
    writer: bytes,
    schema: schemaOf(columns),
    kvMetadata: [
      { key: 'report', value: report.name },
      { key: 'schemaVersion', value: String(report.schemaVersion) },
    ],
    createdBy: 'exchange-integration',
  });
  for await (const group of groupsOf(rows)) {
    await writer.write({ columnData: columnData(report, columns, group), rowGroupSize: ROWS_PER_GROUP });
    yield taken();
  }
  if (writer.row_groups.length === 0) writer.row_groups.push(emptyGroup(columns));
  await writer.finish();
  yield taken();

  /** What was written since the last time. */
  function taken(): Uint8Array {
    const written = bytes.getBytes().slice();
    bytes.index = 0;
    return written;
  }
}

/** Without any row group the library's footer is one that strict readers refuse. */
function emptyGroup(columns: readonly Column[]): ParquetWriter['row_groups'][number] {
  const nothing = { num_values: 0n, total_uncompressed_size: 0n, total_compressed_size: 0n };
  const place = { encodings: ['PLAIN' as const], codec: 'SNAPPY' as const, data_page_offset: MAGIC_BYTES };
  return {
    columns: columns.map(({ name, type }) => ({
      file_offset: MAGIC_BYTES,
      meta_data: { type: ELEMENTS[type].type, path_in_schema: [name], ...place, ...nothing },
    })),
    total_byte_size: 0n,
    num_rows: 0n,
  };
}

function schemaOf(columns: readonly Column[]): SchemaElement[] {
  const root: SchemaElement = { name: 'root', num_children: columns.length };
  return [
    root,
    ...columns.map(({ name, type }) => ({ name, repetition_type: 'OPTIONAL' as const, ...ELEMENTS[type] })),
  ];
}

function columnData<Row extends object>(
  report: Report<Row>,
  columns: readonly Column[],
  group: readonly Row[],
): ColumnSource[] {
  const cells = group.map((row) => cellsOf(report, row));
  return columns.map(({ name, type }, place) => ({ name, data: cells.map((row) => valueOf(row[place], type)) }));
}

function valueOf(cell: Cell, type: ColumnType): string | bigint | Date | undefined {
  if (cell === undefined) return undefined;
  if (type === 'instant') return new Date(cell);
  return type === 'integer' ? BigInt(cell) : String(cell);
}

async function* groupsOf<Row>(rows: AsyncIterable<Row>): AsyncGenerator<Row[]> {
  let group: Row[] = [];
  for await (const row of rows) {
    group.push(row);
    if (group.length < ROWS_PER_GROUP) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
