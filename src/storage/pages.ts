import type { Page } from './orders';

/**
 * A list page by page, from its first to its last. When there are more than `pagesMax`, `goesOn` is called: it throws,
 * or takes note that the list ends early.
 */
export async function* pagesOf<T>(
  read: (cursor?: string) => Promise<Page<T>>,
  pagesMax: number,
  goesOn: () => void,
): AsyncGenerator<T[]> {
  let cursor: string | undefined;
  for (let pages = 0; pages < pagesMax; pages++) {
    const page = await read(cursor);
    yield page.items;
    cursor = page.cursor;
    if (cursor === undefined) return;
  }
  goesOn();
}
