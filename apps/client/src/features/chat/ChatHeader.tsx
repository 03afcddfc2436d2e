import type { KnownConversation } from '@pern/sdk/state/chatState';
import { ArrowLeft, LockOpen, Settings2, Timer, TimerOff } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { goToList } from '../../store/route';
import { useChatStore } from '../../store/chatStore';
import { notify } from '../../store/notices';
import { isolated, nameOf, otherOf, titleOf } from '../../store/displayNames';
import { Sentence } from '../../shared/formatting/BidiText';
import { lastSeen } from '../../shared/formatting/dates';
import { useClient } from '../../store/ClientContext';
import { Avatar } from '../../shared/Avatar';
import { ConnectionBadge } from '../../shared/ConnectionBadge';
import { BlockButton } from '../blocking/BlockButton';
import { durationWords } from '../retention/durations';

// Each is loaded when somebody opens it, and not before the page is shown.
const GroupDialog = lazy(async () => ({
  default: (await import('../group/GroupDialog')).GroupDialog,
}));
const RetentionDialog = lazy(async () => ({
  default: (await import('../retention/RetentionDialog')).RetentionDialog,
}));

/** Whom one talks to, whether they are there or writing, and the way back on narrow screens. */
export function ChatHeader({ conversation }: { conversation: KnownConversation }) {
  const client = useClient();
  const me = useChatStore((view) => view.me?.id);
  const [isManaging, setManaging] = useState(false);
  const [isTiming, setTiming] = useState(false);
  const retention = conversation.retention_s ?? null;
  const timing =
    retention === null
      ? 'Disappearing messages: off'
      : `Messages disappear after ${durationWords(retention)}`;
  const other = otherOf(conversation, me);
  const isBarred = (conversation.barred ?? null) !== null;
  // Nobody is told of it there, and what was told before is no longer true.
  const presence = useChatStore((view) =>
    isBarred ? undefined : view.userPresenceById[other?.user_id ?? ''],
  );
  const isOnline = useChatStore((view) => view.isOnline);
  const title = titleOf(conversation, me);
  return (
    <header className="chat-header">
      <button
        className="icon-button back"
        type="button"
        aria-label="All conversations"
        onClick={() => goToList()}
      >
        <ArrowLeft size={22} aria-hidden />
      </button>
      <Avatar
        id={other?.user_id ?? conversation.id}
        name={title}
        kind={conversation.type === 'group' ? 'group' : 'person'}
        presence={presence?.status}
      />
      <div className="chat-header-words">
        <h2 className="one-line" dir="auto">
          {title}
        </h2>
        {isOnline ? (
          <Status
            conversationId={conversation.id}
            conversationType={conversation.type}
            count={conversation.participant_count}
            presence={presence}
          />
        ) : (
          <ConnectionBadge isReadOut={false} />
        )}
      </div>
      <button
        className="icon-button"
        type="button"
        aria-label={`Messages are ${client.protection}`}
        title={`Messages are ${client.protection}`}
        onClick={() =>
          notify(`Messages are ${client.protection}: whoever runs this server can read them.`)
        }
      >
        <LockOpen size={18} aria-hidden />
      </button>
      {(conversation.type === 'direct' || retention !== null) && (
        <button
          className="icon-button"
          type="button"
          aria-label={timing}
          title={timing}
          onClick={() => (conversation.type === 'group' ? setManaging(true) : setTiming(true))}
        >
          {retention === null ? (
            <TimerOff size={18} aria-hidden />
          ) : (
            <Timer size={18} aria-hidden />
          )}
        </button>
      )}
      {other !== undefined && conversation.barred !== 'deleted' && (
        <BlockButton userId={other.user_id} name={title} />
      )}
      {conversation.type === 'group' && (
        <button
          className="icon-button"
          type="button"
          aria-label="Group settings"
          title="Group settings"
          onClick={() => setManaging(true)}
        >
          <Settings2 size={20} aria-hidden />
        </button>
      )}
      <Suspense>
        {isTiming && (
          <RetentionDialog conversation={conversation} onClose={() => setTiming(false)} />
        )}
        {isManaging && (
          <GroupDialog conversation={conversation} onClose={() => setManaging(false)} />
        )}
      </Suspense>
    </header>
  );
}

interface Status {
  conversationId: string;
  conversationType: string;
  count: number;
  presence: { status: 'online' | 'offline'; last_seen_at: string | null } | undefined;
}

function Status({ conversationId, conversationType, count, presence }: Status) {
  const typing = useChatStore((view) => view.typingUsersInConversation);
  const view = useChatStore.getState();
  const names = typing.map(({ user_id: id }) => nameOf(view, conversationId, id));
  if (names.length > 0) {
    return (
      <p className="one-line is-typing" aria-live="polite">
        {conversationType === 'direct' ? 'writing…' : <Sentence text={whoWrites(names)} />}
      </p>
    );
  }
  if (conversationType !== 'direct') return <p>{count === 1 ? 'Only you' : `${count} people`}</p>;
  if (presence === undefined) return <p />;
  return <p>{presence.status === 'online' ? 'online' : lastSeen(presence.last_seen_at)}</p>;
}

function whoWrites(names: readonly string[]): string {
  if (names.length > 2) return `${names.length} people are writing…`;
  return `${names.map(isolated).join(' and ')} ${names.length === 1 ? 'is' : 'are'} writing…`;
}
