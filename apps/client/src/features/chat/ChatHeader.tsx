import type { KnownConversation } from '@chasqui/sdk';
import { LockOpen, Settings2, Timer, TimerOff } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { Avatar } from '../../shared/Avatar';
import { ConnectionBadge } from '../../shared/ConnectionBadge';
import { BackButton } from '../../shared/BackButton';
import { useChatStore } from '../../store/chatStore';
import { useClient } from '../../store/ClientContext';
import { otherParticipant, conversationTitle } from '../../store/displayNames';
import { notify } from '../../store/notices';
import { BlockButton } from '../blocking/BlockButton';
import { durationText } from '../retention/durations';
import { ConversationStatus } from './ConversationStatus';

// Loaded on first use, to keep the initial bundle small.
const GroupDialog = lazy(async () => ({
  default: (await import('../group/GroupDialog')).GroupDialog,
}));
const RetentionDialog = lazy(async () => ({
  default: (await import('../retention/RetentionDialog')).RetentionDialog,
}));

/** The name and status of a conversation, its settings, and the way back to the list on narrow screens. */
export function ChatHeader({ conversation }: { conversation: KnownConversation }) {
  const client = useClient();
  const me = useChatStore((view) => view.me?.id);
  const [openDialog, setOpenDialog] = useState<'group' | 'retention' | null>(null);
  const isGroup = conversation.type === 'group';
  const other = otherParticipant(conversation, me);
  const isClosed = (conversation.barred ?? null) !== null;
  // A closed conversation gets no presence updates, so the last known presence is stale.
  const presence = useChatStore((view) =>
    isClosed ? undefined : view.userPresenceById[other?.user_id ?? ''],
  );
  const isOnline = useChatStore((view) => view.isOnline);
  const title = conversationTitle(conversation, me);
  const protection = `Messages are ${client.protection}`;
  return (
    <header className="chat-header">
      <BackButton />
      <Avatar
        id={other?.user_id ?? conversation.id}
        name={title}
        kind={isGroup ? 'group' : 'person'}
        presence={presence?.status}
      />
      <div className="chat-header-text">
        <h2 className="one-line" dir="auto">
          {title}
        </h2>
        {isOnline ? (
          <ConversationStatus conversation={conversation} presence={presence} />
        ) : (
          <ConnectionBadge isAnnounced={false} />
        )}
      </div>
      <button
        className="icon-button"
        type="button"
        aria-label={protection}
        title={protection}
        onClick={() => notify(`${protection}. The people who run this server can read them.`)}
      >
        <LockOpen size={18} aria-hidden />
      </button>
      <RetentionButton
        conversation={conversation}
        onOpen={() => setOpenDialog(isGroup ? 'group' : 'retention')}
      />
      {other !== undefined && conversation.barred !== 'deleted' && (
        <BlockButton userId={other.user_id} name={title} />
      )}
      {isGroup && (
        <button
          className="icon-button"
          type="button"
          aria-label="Group settings"
          title="Group settings"
          onClick={() => setOpenDialog('group')}
        >
          <Settings2 size={20} aria-hidden />
        </button>
      )}
      <Suspense>
        {openDialog === 'retention' && (
          <RetentionDialog conversation={conversation} onClose={() => setOpenDialog(null)} />
        )}
        {openDialog === 'group' && (
          <GroupDialog conversation={conversation} onClose={() => setOpenDialog(null)} />
        )}
      </Suspense>
    </header>
  );
}

/** Shows the retention period. In groups only while one is set; group settings contain it otherwise. */
function RetentionButton(props: { conversation: KnownConversation; onOpen: () => void }) {
  const { conversation, onOpen } = props;
  const seconds = conversation.retention_s ?? null;
  if (conversation.type === 'group' && seconds === null) return null;
  const label =
    seconds === null
      ? 'Disappearing messages: off'
      : `Messages disappear after ${durationText(seconds)}`;
  const Icon = seconds === null ? TimerOff : Timer;
  return (
    <button className="icon-button" type="button" aria-label={label} title={label} onClick={onOpen}>
      <Icon size={18} aria-hidden />
    </button>
  );
}
