import type { Location } from '../messages/readMessages';
import type { Entry } from '../ports/index';
import type { Clock } from '@chasqui/foundation';

/** The positions of recent messages, so that acknowledging one by its id needs no query. */
export interface Locations {
  remember(conversationId: string, entries: readonly Entry[]): void;
  recall(messageId: string): Location | undefined;
}

const REMEMBERED = 50_000;
/** A client that acknowledges by ids does so again soon. */
const WANTED_MS = 60_000;

/** Most clients acknowledge by seq, so positions are kept only for a while after an acknowledgement by id. */
export function createLocations(clock: Clock): Locations {
  // In the order of insertion: the first is the oldest. Replaced, not cleared: the table of a cleared map keeps its
  // successor alive for the garbage collector.
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
