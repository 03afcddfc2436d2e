import { ArrowLeft, Check, Copy, Search, Users } from 'lucide-react';
import { useState } from 'react';
import { goToList } from '../store/route';
import { useChatStore } from '../store/chatStore';
import { findConversation } from '../features/conversationList/searchField';
import { BASE, serverAddress } from '../store/serverUrl';
import './emptyChat.css';

/** What stands where a chat will: how to begin one, also for the very first person of an instance. */
export function EmptyChat(props: { onNewGroup: () => void; isMissing: boolean }) {
  const isAlone = useChatStore((view) => view.conversations.length === 0);
  // Before the first sync nobody knows what there is.
  const isKnown = useChatStore((view) => view.chat.cursor !== null);
  const { me, isOnline } = useChatStore.getState();
  if (props.isMissing) return <Missing isOnline={isOnline} />;
  if (isAlone && !isKnown) return <main className="chat-pane empty-chat" aria-busy="true" />;
  return (
    <main className="chat-pane empty-chat">
      <div>
        <img src={`${BASE}icon.svg`} alt="" width="64" height="64" />
        <h1>
          {isAlone ? (
            <>
              Hello, <bdi>{me?.display_name}</bdi>
            </>
          ) : (
            'Choose a conversation'
          )}
        </h1>
        <p>
          {isAlone
            ? 'Find somebody and write to them. Whether they are online or not: it will reach them.'
            : 'Or begin a new one.'}
        </p>
        <div className="empty-chat-actions">
          <button className="button primary" type="button" onClick={findConversation}>
            <Search size={18} aria-hidden /> Find people
          </button>
          <button className="button" type="button" onClick={props.onNewGroup}>
            <Users size={18} aria-hidden /> New group
          </button>
        </div>
        {isAlone && <Invitation />}
      </div>
    </main>
  );
}

function Missing({ isOnline }: { isOnline: boolean }) {
  return (
    <main className="chat-pane empty-chat">
      <div>
        <h1>{isOnline ? 'This conversation is not here' : 'You are offline'}</h1>
        <p>
          {isOnline
            ? 'It may have been somebody else’s, or you are not in it any more.'
            : 'It will be shown as soon as there is a connection.'}
        </p>
        <button className="button" type="button" onClick={() => goToList('at once')}>
          <ArrowLeft size={18} aria-hidden /> All conversations
        </button>
      </div>
    </main>
  );
}

function Invitation() {
  const [isCopied, setCopied] = useState(false);
  const address = serverAddress();
  return (
    <section className="invitation" aria-label="Invite somebody">
      <h2>Nobody here yet?</h2>
      <p>
        Send them this address. Or try it alone: open it in a private window and sign up there as
        somebody else.
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
