import { useEffect, useState } from 'react';
import { useChatStore } from '../../store/chatStore';

/** The server speaks first where it can be heard, and a clock may be a little wrong (fault 26). */
const GRACE_MS = 60_000;
/** The longest time that a timer takes. */
const TIMER_MAX_MS = 2_147_483_647;

/**
 * Whether a message has outlived its conversation's retention by this device's clock. Somebody who is offline
 * hears nothing of it, and is not to see for weeks what is gone everywhere else. Nothing is taken from the
 * storage before a sync says so: a wrong clock must not lose anything.
 */
export function useExpired(
  conversationId: string,
  message: { readonly seq: number; readonly created_at: string } | null | undefined,
): boolean {
  const createdAt = message?.created_at;
  const retention = useChatStore((view) => {
    const { retention_s = null, retention_from_seq = 1 } =
      view.chat.conversationsById[conversationId] ?? {};
    // An earlier setting holds for what was sent before: only the server knows it.
    return message === null || message === undefined || message.seq < retention_from_seq
      ? null
      : retention_s;
  });
  const due =
    retention === null || createdAt === undefined
      ? Infinity
      : Date.parse(createdAt) + retention * 1_000 + GRACE_MS;
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (due === Infinity || due <= now) return undefined;
    const left = Math.max(0, due - Date.now());
    const timer = setTimeout(() => setNow(Date.now()), Math.min(left + 1, TIMER_MAX_MS));
    return () => clearTimeout(timer);
  }, [due, now]);
  return due <= now;
}
