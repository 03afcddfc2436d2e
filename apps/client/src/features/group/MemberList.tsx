import {
  type ConversationRole,
  conversationRoles,
  isAtLeast,
  type Participant,
} from '@chasqui/protocol';
import type { KnownConversation } from '@chasqui/sdk';
import { UserMinus } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useChatStore } from '../../store/chatStore';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { Avatar } from '../../shared/Avatar';

/** Presence is only watched for the first members of the list. */
const PRESENCE_MAX = 40;

/** The members of a group and their roles. Admins change roles; admins and moderators remove members. */
export function MemberList({ conversation }: { conversation: KnownConversation }) {
  const client = useClient();
  const [more, setMore] = useState<readonly Participant[]>([]);
  const [cursor, setCursor] = useState<string>();
  const { id, participants, participant_count: count } = conversation;
  const known = new Set(participants.map((one) => one.user_id));
  const all = [...participants, ...more.filter((one) => !known.has(one.user_id))];

  useEffect(() => {
    for (const { user_id: userId } of participants.slice(0, PRESENCE_MAX)) {
      client.watchUser(userId).catch(() => undefined);
    }
  }, [client, participants]);

  async function loadMore(): Promise<void> {
    const page = await client.listParticipants(id, cursor);
    setMore((before) => [...before, ...page.participants]);
    setCursor(page.nextCursor ?? undefined);
  }

  return (
    <section className="members" aria-label="Members">
      <h3>{count === 1 ? '1 member' : `${count} members`}</h3>
      <ul>
        {all.map((participant) => (
          <Member key={participant.user_id} conversation={conversation} participant={participant} />
        ))}
      </ul>
      {all.length < count && (
        <button className="button" type="button" onClick={() => void attempt(loadMore())}>
          Show more
        </button>
      )}
    </section>
  );
}

function Member({
  conversation,
  participant,
}: {
  conversation: KnownConversation;
  participant: Participant;
}) {
  const client = useClient();
  const me = useChatStore((view) => view.me?.id);
  const { user_id: userId, display_name: name, role } = participant;
  const presence = useChatStore((view) => view.userPresenceById[userId]?.status);
  const { id, my } = conversation;
  const isMe = userId === me;
  const canRemove =
    !isMe && (my.role === 'admin' || (my.role === 'moderator' && !isAtLeast(role, 'moderator')));
  return (
    <li>
      <Avatar id={userId} name={name} size="small" presence={isMe ? undefined : presence} />
      <span className="member-name" dir="auto">
        {isMe ? 'You' : name}
        <small className="one-line">@{participant.username}</small>
        {presence === 'online' && !isMe && <span className="visually-hidden">, online</span>}
      </span>
      {my.role === 'admin' && !isMe ? (
        <select
          aria-label={`Role of ${name}`}
          value={role}
          onChange={(event) =>
            void attempt(client.changeRole(id, userId, roleOf(event.target.value)))
          }
        >
          {conversationRoles.map((one) => (
            <option key={one} value={one}>
              {roleNames[one]}
            </option>
          ))}
        </select>
      ) : (
        role !== 'member' && <small>{roleNames[role]}</small>
      )}
      {canRemove && (
        <button
          className="icon-button"
          type="button"
          aria-label={`Remove ${name}`}
          title="Remove"
          onClick={() => void attempt(client.removeParticipant(id, userId))}
        >
          <UserMinus size={18} aria-hidden />
        </button>
      )}
    </li>
  );
}

const roleNames = {
  admin: 'Admin',
  moderator: 'Moderator',
  member: 'Member',
} as const satisfies Record<ConversationRole, string>;

const roleOf = (value: string): ConversationRole =>
  conversationRoles.find((role) => role === value) ?? 'member';
