/** One page of a list; `nextCursor` is null on the last page. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/**
 * At most `limit` items after `cursor`, the `nextCursor` of the page before; without it the first page. A page
 * above 1 MiB of JSON holds fewer items.
 */
export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}
