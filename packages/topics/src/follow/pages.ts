import type { Database } from '@chasqui/db';
import { createLimiter } from '@chasqui/foundation';
import { eventSize } from '../eventSize';
import type { TopicEvent } from '../ports';
import { eventsAfter } from '../statements';

export interface Page {
  /** The lowest seq that the log held when the page was read. */
  readonly firstSeq: number;
  /** Ascending; the first has a higher seq than asked for when events were pruned. */
  readonly events: readonly TopicEvent[];
}

/** Reads history from PostgreSQL. Subscribers at about the same place share a read. */
export interface Pages {
  /**
   * Events behind this seq: none when the log ends there, or when a shared read is older than the newest event.
   * Rejects when PostgreSQL does not answer.
   */
  after(seq: number): Promise<Page>;
  /** Forgets everything: the log is no longer what it was. */
  clear(): void;
}

const PAGE_EVENTS = 50;
const READS_AT_ONCE = 4;
const MAX_KEPT_BYTES = 8 * 1024 * 1024;

export function createPages(db: Database, name: string): Pages {
  const limit = createLimiter(READS_AT_ONCE);
  const reading = new Map<number, Promise<Page>>();
  /** Full pages, which never change, by the seq before them; the least recently used first. */
  const kept = new Map<number, { page: Page; bytes: number }>();
  let keptBytes = 0;
  let generation = 0;

  async function read(start: number): Promise<Page> {
    const before = generation;
    const rows = await limit(() => eventsAfter.rows(db, name, start, PAGE_EVENTS));
    const events = rows.flatMap(({ event }) => event ?? []);
    const page = { firstSeq: rows[0]?.firstSeq ?? 1, events };
    const isFull = events.at(-1)?.seq === start + PAGE_EVENTS;
    if (isFull && generation === before) keep(start, page);
    return page;
  }

  function keep(start: number, page: Page): void {
    const bytes = page.events.reduce((sum, event) => sum + eventSize(event), 0);
    kept.set(start, { page, bytes });
    keptBytes += bytes;
    for (const [oldest, { bytes: freed }] of kept) {
      if (keptBytes <= MAX_KEPT_BYTES) return;
      kept.delete(oldest);
      keptBytes -= freed;
    }
  }

  function pageAt(start: number): Promise<Page> {
    const found = kept.get(start);
    if (found !== undefined) {
      kept.delete(start);
      kept.set(start, found);
      return Promise.resolve(found.page);
    }
    let page = reading.get(start);
    if (page === undefined) {
      page = read(start).finally(() => {
        if (reading.get(start) === page) reading.delete(start);
      });
      reading.set(start, page);
    }
    return page;
  }

  return {
    async after(seq) {
      const { firstSeq, events } = await pageAt(seq - (seq % PAGE_EVENTS));
      return { firstSeq, events: events.filter((event) => event.seq > seq) };
    },
    clear() {
      generation += 1;
      reading.clear();
      kept.clear();
      keptBytes = 0;
    },
  };
}
