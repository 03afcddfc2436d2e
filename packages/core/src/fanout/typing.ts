import type { LocalConnections } from './localConnections';
import type { LocalConversations } from '../cache/conversationCache';
import type { Hint } from '../ports/index';
import type { Clock, Timer } from '@chasqui/foundation';

export type TypingHint = Extract<Hint, { type: 'typing' }>;

/** Shows who is typing to the members on this node, and ends it by itself (D10). Nothing is stored or queued. */
export interface TypingBoard {
  show(hint: TypingHint): void;
  stop(): void;
}

/** Below the promised 6 s, with room for the way. */
const EXPIRES_MS = 5_000;

/** Every node keeps its own timers, so a node that dies leaves nobody typing for ever on another. */
export function createTypingBoard(deps: {
  clock: Clock;
  conversations: LocalConversations;
  connections: LocalConnections;
}): TypingBoard {
  const typing = new Map<string, Timer>();

  function emit(hint: TypingHint, isTyping: boolean, at: number): void {
    const json = JSON.stringify({
      conversationId: hint.conversationId,
      userId: hint.userId,
      username: hint.username,
      isTyping,
      timestamp: new Date(at).toISOString(),
    });
    deps.conversations.with(hint.conversationId, hint.membersVersion, (conversation) => {
      // Who has left meanwhile types no longer (D9).
      if (!conversation.members.has(hint.userId)) return;
      deps.connections.emitToMembers(conversation, 'chat:user_typing', json, 0, hint.userId);
    });
  }

  return {
    show(hint) {
      const key = `${hint.conversationId} ${hint.userId}`;
      typing.get(key)?.cancel();
      typing.delete(key);
      emit(hint, hint.isTyping, hint.at);
      if (!hint.isTyping) return;
      typing.set(
        key,
        deps.clock.setTimeout(() => {
          typing.delete(key);
          emit(hint, false, deps.clock.now());
        }, EXPIRES_MS),
      );
    },
    stop() {
      for (const timer of typing.values()) timer.cancel();
      typing.clear();
    },
  };
}
