import type { Clock, Timer } from '@chasqui/foundation';
import type { ServerEvent } from '@chasqui/protocol';
import { messageStatusUpdated } from '../events/receiptEvents';
import type { Announce } from '../fanout/announce';
import type { Advance } from './watermarks';

type StatusEvent = ServerEvent<'chat:message_status_updated'>;

/** In larger groups a user's receipts are sent at most once a second (docs/CONTRACT.md, Events). */
const LARGE_GROUP = 100;
const THINNED_MS = 1_000;

/**
 * Turns advances into events for the authors of the messages newly covered. In large groups only the
 * newest of each second is announced: the highest seq counts, so nothing is lost.
 */
export function createStatusAnnouncer(deps: {
  clock: Clock;
  announce: Pick<Announce, 'toUsers'>;
}): {
  announce(advances: Advance[]): void;
  /** Sends now what waits for its second to end. */
  flush(): void;
  stop(): void;
} {
  const thinned = new Map<string, StatusEvent>();
  let timer: Timer | undefined;

  function flush(): void {
    timer?.cancel();
    timer = undefined;
    const events = [...thinned.values()];
    thinned.clear();
    deps.announce.toUsers(...events);
  }

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
      deps.announce.toUsers(...now);
      if (thinned.size > 0) timer ??= deps.clock.setTimeout(flush, THINNED_MS);
    },
    flush,
    stop: () => timer?.cancel(),
  };
}

function toEvent(advance: Advance, covered: Advance['covered'][number]): StatusEvent {
  return messageStatusUpdated(covered.authorId, {
    conversationId: advance.conversationId,
    messageId: covered.messageId,
    seq: covered.seq,
    userId: advance.userId,
    status: covered.status,
    timestamp: new Date(advance.at).toISOString(),
  });
}
