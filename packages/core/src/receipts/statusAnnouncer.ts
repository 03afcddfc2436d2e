import type { Advance } from './watermarks';
import type { Clock, Timer } from '@chasqui/foundation';

/** A `chat:message_status_updated` for one author. */
export interface StatusEvent {
  authorId: string;
  json: string;
}

/** In larger groups a user's receipts are sent at most once a second (docs/CONTRACT.md, Events). */
const LARGE_GROUP = 100;
const THINNED_MS = 1_000;

/**
 * Turns advances into events for the authors of the messages newly covered. In large groups only the
 * newest of each second is told: the highest seq counts, so nothing is lost by it.
 */
export function createStatusAnnouncer(deps: {
  clock: Clock;
  tell: (events: StatusEvent[]) => void;
}): {
  announce(advances: Advance[]): void;
  stop(): void;
} {
  const thinned = new Map<string, StatusEvent>();
  let timer: Timer | undefined;

  return {
    announce(advances) {
      const now: StatusEvent[] = [];
      for (const advance of advances) {
        for (const covered of advance.covered) {
          const event = toEvent(advance, covered);
          if (advance.participantCount <= LARGE_GROUP) now.push(event);
          else {
            const { conversationId, userId } = advance;
            thinned.set(`${conversationId} ${userId} ${covered.authorId} ${covered.status}`, event);
          }
        }
      }
      if (now.length > 0) deps.tell(now);
      if (thinned.size > 0) {
        timer ??= deps.clock.setTimeout(() => {
          timer = undefined;
          const events = [...thinned.values()];
          thinned.clear();
          deps.tell(events);
        }, THINNED_MS);
      }
    },
    stop: () => timer?.cancel(),
  };
}

function toEvent(advance: Advance, covered: Advance['covered'][number]): StatusEvent {
  return {
    authorId: covered.authorId,
    json: JSON.stringify({
      conversationId: advance.conversationId,
      messageId: covered.messageId,
      seq: covered.seq,
      userId: advance.userId,
      status: covered.status,
      timestamp: new Date(advance.at).toISOString(),
    }),
  };
}
