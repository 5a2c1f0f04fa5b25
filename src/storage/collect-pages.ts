import { ServiceError } from '../domain/errors';
import type { Page } from './orders';
import { pagesOf } from './pages';

/** Pages read for one list; a page may be short, but each but the last brings the list on. */
const PAGES_MAX = 1_000;

/**
 * The first `limit` items of a list, over as many pages as that takes.
 * @throws ServiceError DEPENDENCY_UNAVAILABLE for a list of more than PAGES_MAX pages
 */
export async function collectPages<T>(read: (cursor?: string) => Promise<Page<T>>, limit: number): Promise<T[]> {
  const found: T[] = [];
  const pages = pagesOf(read, PAGES_MAX, () => {
    const what = `The list goes on after ${PAGES_MAX} pages (${found.length} items): read it by page.`;
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', what);
  });
  for await (const items of pages) {
    found.push(...items);
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}
