import { eventSize } from '../eventSize';
import type { TopicEvent } from '../ports';

/** The newest events of a log, without gaps, in bounded memory. */
export interface RecentEvents {
  /** Adds the next event. After a gap only the new event is kept. */
  append(event: TopicEvent): void;
  at(seq: number): TopicEvent | undefined;
  seqOf(id: string): number | undefined;
  clear(): void;
}

const MAX_EVENTS = 1_000;
const MAX_BYTES = 8 * 1024 * 1024;

export function createRecentEvents(maxEvents = MAX_EVENTS): RecentEvents {
  const events = new Map<number, TopicEvent>();
  const seqs = new Map<string, number>();
  let oldest = 0;
  let newest = 0;
  let bytes = 0;

  function clear(): void {
    events.clear();
    seqs.clear();
    bytes = 0;
  }

  function dropOldest(): void {
    const event = events.get(oldest);
    if (event !== undefined) {
      bytes -= eventSize(event);
      events.delete(oldest);
      seqs.delete(event.id);
    }
    oldest += 1;
  }

  return {
    append(event) {
      if (events.size > 0 && event.seq !== newest + 1) clear();
      if (events.size === 0) oldest = event.seq;
      newest = event.seq;
      events.set(event.seq, event);
      seqs.set(event.id, event.seq);
      bytes += eventSize(event);
      while (events.size > maxEvents || (bytes > MAX_BYTES && events.size > 1)) dropOldest();
    },
    at: (seq) => events.get(seq),
    seqOf: (id) => seqs.get(id),
    clear,
  };
}
