import type { Location } from './messages/readMessages';
import type { EntryHint } from './ports';

/** Where recent messages stand, so that acknowledging one by its id needs no query. */
export interface Locations {
  remember(conversationId: string, entries: EntryHint[]): void;
  recall(messageId: string): Location | undefined;
}

const REMEMBERED = 50_000;

/**
 * Most clients acknowledge by seq and ask for nothing here: remembering is a line in a list, and ids are
 * looked through only when somebody asks for one.
 */
export function createLocations(): Locations {
  // Ids and numbers alone: what the entries say must not be held by this.
  let fresh: { conversationId: string; ids: string[]; seqs: number[] }[] = [];
  let freshCount = 0;
  // In the order of insertion: the first is the oldest.
  const known = new Map<string, Location>();

  function index(): void {
    for (const { conversationId, ids, seqs } of fresh) {
      ids.forEach((id, i) => known.set(id, { conversationId, seq: seqs[i] ?? 0 }));
    }
    fresh = [];
    freshCount = 0;
    for (const id of known.keys()) {
      if (known.size <= REMEMBERED) return;
      known.delete(id);
    }
  }

  return {
    remember(conversationId, entries) {
      fresh.push({
        conversationId,
        ids: entries.map(({ id }) => id),
        seqs: entries.map(({ seq }) => seq),
      });
      freshCount += entries.length;
      // Nobody asked for so many: the oldest of them are not remembered at all.
      if (freshCount > REMEMBERED) {
        fresh = fresh.slice(fresh.length >> 1);
        freshCount = fresh.reduce((sum, one) => sum + one.ids.length, 0);
      }
    },
    recall(messageId) {
      if (freshCount > 0) index();
      return known.get(messageId);
    },
  };
}
