import { ERROR_CATALOGUE } from '../domain/errors';
import { withTable } from './generated-table';

/** The text with its table of error codes as the catalogue has them now. */
export function withErrorTable(text: string): string {
  const rows = Object.entries(ERROR_CATALOGUE).map(([code, { category, advice }]) => [`\`${code}\``, category, advice]);
  return withTable(text, { name: 'error codes', header: ['code', 'category', 'what to do'], rows });
}
