import { SendHorizontal } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useChatStore } from '../../../store/chatStore';
import { isOutboxEntry } from '../../../store/chatView';
import { useClient } from '../../../store/ClientContext';
import { readDraft, saveDraft } from '../../../store/drafts';
import { attempt } from '../../../store/notices';
import { useMessageActions } from '../messageActions/MessageActionsContext';
import { EmojiButton } from './EmojiButton';
import { type ComposerMode, ModeBanner } from './ModeBanner';
import './messageComposer.css';

interface MessageComposer {
  conversationId: string;
  mode: ComposerMode;
  onModeEnd: () => void;
}

/** The input field. Works offline: sent messages wait in the outbox, unfinished text is saved as a draft. */
export function MessageComposer({ conversationId, mode, onModeEnd }: MessageComposer) {
  const client = useClient();
  const me = useChatStore((view) => view.me?.id ?? '');
  const actions = useMessageActions();
  const field = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useState(() => readDraft(me, conversationId));
  const [editedText, setEditedText] = useState('');
  const isEditing = mode.kind === 'edit';
  const text = isEditing ? editedText : draft;

  useEffect(() => {
    if (mode.kind === 'edit') setEditedText(mode.message.content ?? '');
    if (mode.kind !== 'new') field.current?.focus();
  }, [mode]);
  useEffect(() => () => client.setTyping(conversationId, false), [client, conversationId]);

  function changeText(value: string): void {
    if (isEditing) return setEditedText(value);
    setDraft(value);
    saveDraft(me, conversationId, value);
    client.setTyping(conversationId, value !== '');
  }

  async function submit(): Promise<void> {
    if (text.trim() === '') return;
    if (mode.kind === 'edit') {
      if (text !== mode.message.content && !(await attempt(client.edit(mode.message.id, text)))) {
        return;
      }
      return onModeEnd();
    }
    const options = mode.kind === 'reply' ? { replyToId: mode.message.id } : {};
    changeText('');
    onModeEnd();
    // A stored message is sent sooner or later. If storing failed, put the text back into the field.
    if (!(await attempt(client.send(conversationId, text, options)))) changeText(text);
  }

  function editLastMessage(): void {
    const { messagesById, messageIdsInConversation } = useChatStore.getState();
    for (const key of messageIdsInConversation.toReversed()) {
      const message = messagesById[key];
      if (message === undefined || isOutboxEntry(message) || message.sender_id !== me) continue;
      if (message.kind === 'message' && message.deleted_at === null) return actions.edit(message);
    }
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      void submit();
    } else if (event.key === 'Escape' && mode.kind !== 'new') {
      event.preventDefault();
      onModeEnd();
    } else if (event.key === 'ArrowUp' && !event.altKey && text === '' && mode.kind === 'new') {
      event.preventDefault();
      editLastMessage();
    }
  }

  function insert(emoji: string): void {
    const { selectionStart: from = text.length, selectionEnd: to = from } = field.current ?? {};
    changeText(text.slice(0, from) + emoji + text.slice(to));
    field.current?.focus();
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {mode.kind !== 'new' && <ModeBanner mode={mode} onCancel={onModeEnd} />}
      <div className="composer-line">
        <EmojiButton onChoose={insert} />
        <textarea
          ref={field}
          className="composer-field"
          aria-label="Message"
          placeholder="Message"
          dir="auto"
          rows={Math.min(8, text.split('\n').length)}
          enterKeyHint="send"
          autoFocus={matchMedia('(hover: hover)').matches}
          value={text}
          onChange={(event) => changeText(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={() => client.setTyping(conversationId, false)}
        />
        <button
          className="icon-button composer-send"
          type="submit"
          aria-label={isEditing ? 'Save' : 'Send'}
          disabled={text.trim() === ''}
        >
          <SendHorizontal size={20} aria-hidden />
        </button>
      </div>
    </form>
  );
}
