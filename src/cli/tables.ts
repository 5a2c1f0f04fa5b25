import Table from 'cli-table3';

/** Lines between cells, none between rows: narrow enough for a terminal, plain enough for a log. */
const PLAIN = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  },
  style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
};

type Cell = string | number | undefined;

/** Rows under a head; what is absent is an empty cell. */
export function tableOf(head: string[], rows: readonly Cell[][]): string {
  if (rows.length === 0) return '(none)';
  const table = new Table({ ...PLAIN, head });
  for (const row of rows) table.push(row.map((cell) => cell ?? ''));
  return trimmed(table.toString());
}

/** One thing: a line for each of its fields that is there. */
export function fieldsOf(fields: Record<string, Cell>): string {
  const table = new Table(PLAIN);
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) table.push([name, value]);
  return trimmed(table.toString());
}

function trimmed(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
