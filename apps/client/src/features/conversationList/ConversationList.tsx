import { searchForm } from '@pern/protocol/searchForm';
import { Search, X } from 'lucide-react';
import { useDeferredValue, useEffect, useRef, useState } from 'react';
import { goTo } from '../../store/route';
import { useChatStore } from '../../store/chatStore';
import { titleOf } from '../../store/displayNames';
import { findConversation, SEARCH_FIELD } from './searchField';
import { useWatchedPresence } from './useContactPresence';
import { Requests } from '../requests/RequestList';
import { ConversationItem } from './ConversationItem';
import { FoundPeople } from './UserSearchResults';
import { ListHeader } from './ListHeader';
import { Unsent } from './UnsentMessages';
import './conversationList.css';

/** All conversations, and one field that finds them and people. */
export function ConversationList({ onNewGroup }: { onNewGroup: () => void }) {
  const conversations = useChatStore((view) => view.conversations);
  const openId = useChatStore((view) => view.currentConversationId);
  const me = useChatStore((view) => view.me?.id);
  const isKnown = useChatStore((view) => view.chat.cursor !== null);
  const [query, setQuery] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const sought = useDeferredValue(searchForm(query));
  const found = conversations.filter((one) => searchForm(titleOf(one, me)).includes(sought));
  useWatchedPresence();

  useEffect(() => {
    const find = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return;
      event.preventDefault();
      findConversation();
    };
    addEventListener('keydown', find);
    return () => removeEventListener('keydown', find);
  }, []);

  function chosen(conversationId: string): void {
    setQuery('');
    goTo(conversationId);
  }

  /** Up and down through everything that can be chosen, from the field on. */
  function move(event: React.KeyboardEvent): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const choices = [...(list.current?.querySelectorAll<HTMLElement>('button.choice') ?? [])];
    const at = choices.findIndex((choice) => choice === document.activeElement);
    const next = at + (event.key === 'ArrowDown' ? 1 : -1);
    event.preventDefault();
    if (next < 0) document.getElementById(SEARCH_FIELD)?.focus();
    else choices[Math.min(next, choices.length - 1)]?.focus();
  }

  return (
    <nav className="conversation-list" aria-label="Conversations" onKeyDown={move}>
      <ListHeader onNewGroup={onNewGroup} />
      <div className="search" role="search">
        <Search size={18} aria-hidden />
        <input
          id={SEARCH_FIELD}
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
              list.current?.querySelector<HTMLElement>('button.choice')?.click();
            }
          }}
        />
        {query === '' ? (
          <kbd aria-hidden>Ctrl K</kbd>
        ) : (
          <button
            className="icon-button"
            type="button"
            aria-label="Clear"
            onClick={() => setQuery('')}
          >
            <X size={18} aria-hidden />
          </button>
        )}
      </div>
      <div className="choices" ref={list}>
        <Unsent />
        <Requests openId={openId} onChoose={chosen} />
        <ul aria-label="Conversations">
          {found.map((conversation) => (
            <ConversationItem
              key={conversation.id}
              conversation={conversation}
              isOpen={conversation.id === openId}
              onChoose={chosen}
            />
          ))}
        </ul>
        {(sought !== '' || (isKnown && conversations.length === 0)) && (
          <FoundPeople query={sought} onChoose={chosen} />
        )}
      </div>
    </nav>
  );
}
