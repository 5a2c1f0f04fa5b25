/**
 * What a column holds. Decimals are texts in every format: a double can't hold them, and products of price and quantity
 * have more places than a Parquet DECIMAL.
 */
export type ColumnType = 'text' | 'decimal' | 'instant' | 'integer';

/** The fields of a row that can be a column. */
export type Cell = string | number | undefined;

/** A kind of export: the columns of its rows, in order, under a version that programs can rely on (README.md). */
export interface Report<Row> {
  name: string;
  schemaVersion: number;
  columns: { [F in keyof Row & string]-?: ColumnType };
}

/** In every row, before its own columns. */
export const VERSION_COLUMN = 'schemaVersion';

export interface Column {
  name: string;
  type: ColumnType;
}

export function columnsOf<Row>({ columns }: Report<Row>): Column[] {
  const own = Object.entries<ColumnType>(columns);
  return [{ name: VERSION_COLUMN, type: 'integer' }, ...own.map(([name, type]) => ({ name, type }))];
}

/** The cells of a row, in the order of the columns. */
export function cellsOf<Row extends object>({ schemaVersion, columns }: Report<Row>, row: Row): Cell[] {
  const fields = row as Record<string, Cell>;
  return [schemaVersion, ...Object.keys(columns).map((name) => fields[name])];
}
