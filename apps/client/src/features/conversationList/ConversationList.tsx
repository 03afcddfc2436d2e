import { searchForm } from '@chasqui/protocol';
import { Search, X } from 'lucide-react';
import { useDeferredValue, useEffect, useRef, useState } from 'react';
import { navigateToConversation } from '../../store/route';
import { useChatStore } from '../../store/chatStore';
import { conversationTitle } from '../../store/displayNames';
import { focusSearchField, SEARCH_FIELD_ID } from './searchField';
import { useContactPresence } from './useContactPresence';
import { RequestList } from '../requests/RequestList';
import { ConversationItem } from './ConversationItem';
import { UserSearchResults } from './UserSearchResults';
import { ListHeader } from './ListHeader';
import { UnsentMessages } from './UnsentMessages';
import './conversationList.css';

/** All conversations, with one search field for conversations and people. */
export function ConversationList({ onNewGroup }: { onNewGroup: () => void }) {
  const conversations = useChatStore((view) => view.conversations);
  const openId = useChatStore((view) => view.currentConversationId);
  const me = useChatStore((view) => view.me?.id);
  const isSynced = useChatStore((view) => view.chat.cursor !== null);
  const [query, setQuery] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const searched = useDeferredValue(searchForm(query));
  const found = conversations.filter((one) =>
    searchForm(conversationTitle(one, me)).includes(searched),
  );
  useContactPresence();

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return;
      event.preventDefault();
      focusSearchField();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);

  function openConversation(conversationId: string): void {
    setQuery('');
    navigateToConversation(conversationId);
  }

  /** Arrow keys move the focus between the search field and the list items. */
  function moveFocus(event: React.KeyboardEvent): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const items = [...(list.current?.querySelectorAll<HTMLElement>('button.list-item') ?? [])];
    const at = items.findIndex((item) => item === document.activeElement);
    const next = at + (event.key === 'ArrowDown' ? 1 : -1);
    event.preventDefault();
    if (next < 0) document.getElementById(SEARCH_FIELD_ID)?.focus();
    else items[Math.min(next, items.length - 1)]?.focus();
  }

  return (
    <nav className="conversation-list" aria-label="Conversations" onKeyDown={moveFocus}>
      <ListHeader onNewGroup={onNewGroup} />
      <div className="search" role="search">
        <Search size={18} aria-hidden />
        <input
          id={SEARCH_FIELD_ID}
          className="input"
          type="text"
          inputMode="search"
          autoComplete="off"
          placeholder="Find people and chats"
          aria-label="Find people and chats"
          aria-keyshortcuts="Control+K"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && query !== '') {
              event.preventDefault();
              setQuery('');
            } else if (event.key === 'Enter') {
              list.current?.querySelector<HTMLElement>('button.list-item')?.click();
            }
          }}
        />
        {query === '' ? (
          <kbd aria-hidden>Ctrl K</kbd>
        ) : (
          <button
            className="icon-button"
            type="button"
            aria-label="Clear search"
            onClick={() => setQuery('')}
          >
            <X size={18} aria-hidden />
          </button>
        )}
      </div>
      <div className="list-scroller" ref={list}>
        <UnsentMessages />
        <RequestList openId={openId} onChoose={openConversation} />
        <ul aria-label="Conversations">
          {found.map((conversation) => (
            <ConversationItem
              key={conversation.id}
              conversation={conversation}
              isOpen={conversation.id === openId}
              onChoose={openConversation}
            />
          ))}
        </ul>
        {(searched !== '' || (isSynced && conversations.length === 0)) && (
          <UserSearchResults query={searched} onChoose={openConversation} />
        )}
      </div>
    </nav>
  );
}
