import { useEffect, useState } from 'react';
import { useChatStore } from '../../store/chatStore';

/** Leaves the decision to the server while connected, and tolerates a slightly wrong clock (docs/testing/faults.md, fault 26). */
const GRACE_MS = 60_000;
/** The longest delay that setTimeout accepts. */
const TIMER_MAX_MS = 2_147_483_647;

/**
 * Whether a message has expired by the clock of this device. An offline device gets no deletions and must not keep
 * showing messages that are gone everywhere else. The message stays in storage until a sync deletes it, so a wrong clock
 * loses nothing.
 */
export function useExpired(
  conversationId: string,
  message: { readonly seq: number; readonly created_at: string } | null | undefined,
): boolean {
  const createdAt = message?.created_at;
  const retention = useChatStore((view) => {
    const { retention_s = null, retention_from_seq = 1 } =
      view.chat.conversationsById[conversationId] ?? {};
    // Older messages keep an earlier setting, which only the server knows.
    return message === null || message === undefined || message.seq < retention_from_seq
      ? null
      : retention_s;
  });
  const expiresAt =
    retention === null || createdAt === undefined
      ? Infinity
      : Date.parse(createdAt) + retention * 1_000 + GRACE_MS;
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (expiresAt === Infinity || expiresAt <= now) return undefined;
    const left = Math.max(0, expiresAt - Date.now());
    const timer = setTimeout(() => setNow(Date.now()), Math.min(left + 1, TIMER_MAX_MS));
    return () => clearTimeout(timer);
  }, [expiresAt, now]);
  return expiresAt <= now;
}
