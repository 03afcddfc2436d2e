import type { Clock, Timer } from '@chasqui/foundation';
import type { LocalConversations } from '../cache/conversationCache';
import { userTyping } from '../events/presenceEvents';
import type { TypingNotification } from '../ports/index';
import type { LocalConnections } from './localConnections';

/** Shows the members on this node who is typing, until it expires (D10). Nothing is stored or queued. */
export interface TypingBoard {
  show(typing: TypingNotification): void;
  stop(): void;
}

/** Below the promised 6 s, with time for transmission. */
const EXPIRES_MS = 5_000;

/** Every node keeps its own timers, so after a node dies, no user is shown as typing forever on another. */
export function createTypingBoard(deps: {
  clock: Clock;
  conversations: LocalConversations;
  connections: LocalConnections;
}): TypingBoard {
  const timers = new Map<string, Timer>();

  function send(typing: TypingNotification, isTyping: boolean, at: number): void {
    const { conversationId, membersVersion, userId } = typing;
    deps.conversations.with(conversationId, membersVersion, (conversation) => {
      // A user who has left in the meantime no longer types (D9).
      if (!conversation.members.has(userId)) return;
      deps.connections.sendToMembers(conversation, userTyping(typing, isTyping, at));
    });
  }

  return {
    show(typing) {
      const key = `${typing.conversationId} ${typing.userId}`;
      timers.get(key)?.cancel();
      timers.delete(key);
      send(typing, typing.isTyping, typing.at);
      if (!typing.isTyping) return;
      timers.set(
        key,
        deps.clock.setTimeout(() => {
          timers.delete(key);
          send(typing, false, deps.clock.now());
        }, EXPIRES_MS),
      );
    },
    stop() {
      for (const timer of timers.values()) timer.cancel();
      timers.clear();
    },
  };
}
