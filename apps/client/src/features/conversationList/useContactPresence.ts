import { useEffect, useRef } from 'react';
import { useChatStore } from '../../store/chatStore';
import { otherOf } from '../../store/displayNames';
import { useClient } from '../../store/ClientContext';

/** As many as a list shows; of the others it is known as soon as they come or go. */
const WATCHED = 40;

/** Keeps the presence of those up to date with whom there are conversations of two. */
export function useWatchedPresence(): void {
  const client = useClient();
  const isLive = useChatStore((view) => view.connection.state === 'live');
  const ids = useChatStore((view) =>
    view.conversations
      .slice(0, WATCHED)
      .map((one) => otherOf(one, view.me?.id)?.user_id ?? '')
      .filter((id) => id !== '' && view.userPresenceById[id] === undefined)
      .join(' '),
  );
  // What was told as a block began, or before a request was accepted, does not say when the other was last online.
  const openIds = useChatStore((view) =>
    view.conversations
      .slice(0, WATCHED)
      .filter(({ barred, request }) => (barred ?? request ?? null) === null)
      .map((one) => otherOf(one, view.me?.id)?.user_id ?? '')
      .join(' '),
  );
  const before = useRef(openIds);
  useEffect(() => {
    const known = new Set(before.current.split(' '));
    before.current = openIds;
    if (!isLive) return;
    for (const id of openIds.split(' ')) {
      if (id !== '' && !known.has(id)) client.watchUser(id).catch(() => undefined);
    }
  }, [client, isLive, openIds]);
  useEffect(() => {
    if (!isLive || ids === '') return;
    for (const id of ids.split(' ')) client.watchUser(id).catch(() => undefined);
  }, [client, isLive, ids]);
}
