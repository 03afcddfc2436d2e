import type { Location } from './messages/readMessages';
import type { EntryHint } from './ports';

/** Where recent messages stand, so that acknowledging one by its id needs no query. */
export interface Locations {
  remember(conversationId: string, entries: EntryHint[]): void;
  recall(messageId: string): Location | undefined;
}

const REMEMBERED = 50_000;

export function createLocations(): Locations {
  // In the order of insertion: the first is the oldest.
  const known = new Map<string, Location>();
  return {
    remember(conversationId, entries) {
      for (const { id, seq } of entries) known.set(id, { conversationId, seq });
      for (const id of known.keys()) {
        if (known.size <= REMEMBERED) return;
        known.delete(id);
      }
    },
    recall: (messageId) => known.get(messageId),
  };
}
