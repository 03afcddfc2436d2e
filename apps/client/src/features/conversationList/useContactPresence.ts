import { useEffect, useRef } from 'react';
import { useChatStore } from '../../store/chatStore';
import { otherParticipant } from '../../store/displayNames';
import { useClient } from '../../store/ClientContext';

/** About one screen of conversations. The presence of others becomes known when it changes. */
const CONTACTS_MAX = 40;

/** Watches the presence of the people in direct conversations. */
export function useContactPresence(): void {
  const client = useClient();
  const isLive = useChatStore((view) => view.connection.state === 'live');
  const ids = useChatStore((view) =>
    view.conversations
      .slice(0, CONTACTS_MAX)
      .map((one) => otherParticipant(one, view.me?.id)?.user_id ?? '')
      .filter((id) => id !== '' && view.userPresenceById[id] === undefined)
      .join(' '),
  );
  // During a block or a pending request the server reports no last-seen time, so watch again once it is over.
  const openIds = useChatStore((view) =>
    view.conversations
      .slice(0, CONTACTS_MAX)
      .filter(({ barred, request }) => (barred ?? request ?? null) === null)
      .map((one) => otherParticipant(one, view.me?.id)?.user_id ?? '')
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
