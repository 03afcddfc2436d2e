import type { Location } from '../messages/readMessages';
import type { EntryHint } from '../ports/index';
import type { Clock } from '@chasqui/foundation';

/** Where recent messages stand, so that acknowledging one by its id needs no look-up in the store. */
export interface Locations {
  remember(conversationId: string, entries: EntryHint[]): void;
  recall(messageId: string): Location | undefined;
}

const REMEMBERED = 50_000;
/** Somebody who acknowledges by ids does so again soon. */
const WANTED_MS = 60_000;

/** Most clients acknowledge by seq: nothing is remembered before the first one asks by an id, nor long after. */
export function createLocations(clock: Clock): Locations {
  // In the order of insertion: the first is the oldest. Not cleared but replaced: a table that was cleared leads
  // the garbage collector on to its successor.
  let known = new Map<string, Location>();
  let wantedUntil = 0;
  return {
    remember(conversationId, entries) {
      if (wantedUntil < clock.now()) {
        if (known.size > 0) known = new Map();
        return;
      }
      for (const { id, seq } of entries) known.set(id, { conversationId, seq });
      for (const id of known.keys()) {
        if (known.size <= REMEMBERED) return;
        known.delete(id);
      }
    },
    recall(messageId) {
      wantedUntil = clock.now() + WANTED_MS;
      return known.get(messageId);
    },
  };
}
