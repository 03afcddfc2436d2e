import { ArrowLeft, Check, Copy, Search, Users } from 'lucide-react';
import { useState } from 'react';
import { navigateToList } from '../store/route';
import { useChatStore } from '../store/chatStore';
import { focusSearchField } from '../features/conversationList/searchField';
import { BASE, serverUrl } from '../store/serverUrl';
import './emptyChat.css';

/** Shown while no conversation is open. Guides the first user of a new server to invite others. */
export function EmptyChat(props: { onNewGroup: () => void; isMissing: boolean }) {
  const hasNoConversations = useChatStore((view) => view.conversations.length === 0);
  // Until the first sync, an empty list does not mean that there are no conversations.
  const isSynced = useChatStore((view) => view.chat.cursor !== null);
  const { me, isOnline } = useChatStore.getState();
  if (props.isMissing) return <ConversationNotFound isOnline={isOnline} />;
  if (hasNoConversations && !isSynced)
    return <main className="chat-pane empty-chat" aria-busy="true" />;
  return (
    <main className="chat-pane empty-chat">
      <div>
        <img src={`${BASE}icon.svg`} alt="" width="64" height="64" />
        <h1>
          {hasNoConversations ? (
            <>
              Hello, <bdi>{me?.display_name}</bdi>
            </>
          ) : (
            'Choose a conversation'
          )}
        </h1>
        <p>
          {hasNoConversations
            ? 'Find someone and say hello. If they are offline, they will get your message when they come back.'
            : 'Or start a new one.'}
        </p>
        <div className="empty-chat-actions">
          <button className="button primary" type="button" onClick={focusSearchField}>
            <Search size={18} aria-hidden /> Find people
          </button>
          <button className="button" type="button" onClick={props.onNewGroup}>
            <Users size={18} aria-hidden /> New group
          </button>
        </div>
        {hasNoConversations && <InvitePeople />}
      </div>
    </main>
  );
}

function ConversationNotFound({ isOnline }: { isOnline: boolean }) {
  return (
    <main className="chat-pane empty-chat">
      <div>
        <h1>{isOnline ? 'Conversation not found' : 'You are offline'}</h1>
        <p>
          {isOnline
            ? 'It may not exist, or you may no longer be in it.'
            : 'This conversation will open when you are back online.'}
        </p>
        <button className="button" type="button" onClick={() => navigateToList('replace')}>
          <ArrowLeft size={18} aria-hidden /> All conversations
        </button>
      </div>
    </main>
  );
}

function InvitePeople() {
  const [isCopied, setCopied] = useState(false);
  const address = serverUrl();
  return (
    <section className="invitation" aria-label="Invite people">
      <h2>Invite people</h2>
      <p>
        Share this address with the people you want to talk to. To try it on your own, open it in a
        private window and sign up as someone else.
      </p>
      <div className="invitation-address">
        <code className="one-line">{address}</code>
        <button
          className="button"
          type="button"
          onClick={() => void navigator.clipboard.writeText(address).then(() => setCopied(true))}
        >
          {isCopied ? <Check size={18} aria-hidden /> : <Copy size={18} aria-hidden />}
          {isCopied ? 'Copied' : 'Copy'}
        </button>
      </div>
    </section>
  );
}
