import * as Popover from '@radix-ui/react-popover';
import { SendHorizontal, Smile, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useChatStore } from '../../../store/chatStore';
import { isOnItsWay } from '../../../store/chatView';
import { keepDraft, readDraft } from '../../../store/drafts';
import { attempt } from '../../../store/notices';
import { isolated, nameOf } from '../../../store/displayNames';
import { Sentence } from '../../../shared/formatting/BidiText';
import { useClient } from '../../../store/ClientContext';
import type { Task } from '../ChatWindow';
import { EmojiChoice } from '../emoji/EmojiMenu';
import { useIntents } from '../messageActions/MessageActionsContext';
import './messageComposer.css';

interface MessageComposer {
  conversationId: string;
  task: Task;
  onTaskDone: () => void;
}

/** Where one writes, online or not: what is sent waits in the outbox, what is begun is kept as a draft. */
export function MessageComposer({ conversationId, task, onTaskDone }: MessageComposer) {
  const client = useClient();
  const me = useChatStore((view) => view.me?.id ?? '');
  const intents = useIntents();
  const field = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useState(() => readDraft(me, conversationId));
  const [edited, setEdited] = useState('');
  const isEditing = task?.kind === 'edit';
  const text = isEditing ? edited : draft;

  useEffect(() => {
    if (task?.kind === 'edit') setEdited(task.message.content ?? '');
    if (task !== null) field.current?.focus();
  }, [task]);
  useEffect(() => () => client.setTyping(conversationId, false), [client, conversationId]);

  function write(value: string): void {
    if (isEditing) return setEdited(value);
    setDraft(value);
    keepDraft(me, conversationId, value);
    client.setTyping(conversationId, value !== '');
  }

  async function send(): Promise<void> {
    if (text.trim() === '') return;
    if (task?.kind === 'edit') {
      if (text !== task.message.content && !(await attempt(client.edit(task.message.id, text)))) {
        return;
      }
      return onTaskDone();
    }
    const more = task === null ? {} : { replyToId: task.message.id };
    write('');
    onTaskDone();
    // Stored is sent, sooner or later; what could not even be stored comes back into the field.
    if (!(await attempt(client.send(conversationId, text, more)))) write(text);
  }

  function editLast(): void {
    const { messagesById, messageIdsInConversation } = useChatStore.getState();
    for (const key of messageIdsInConversation.toReversed()) {
      const message = messagesById[key];
      if (message === undefined || isOnItsWay(message) || message.sender_id !== me) continue;
      if (message.kind === 'message' && message.deleted_at === null) return intents.edit(message);
    }
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      void send();
    } else if (event.key === 'Escape' && task !== null) {
      event.preventDefault();
      onTaskDone();
    } else if (event.key === 'ArrowUp' && !event.altKey && text === '' && task === null) {
      event.preventDefault();
      editLast();
    }
  }

  function insert(emoji: string): void {
    const { selectionStart: from = text.length, selectionEnd: to = from } = field.current ?? {};
    write(text.slice(0, from) + emoji + text.slice(to));
    field.current?.focus();
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {task !== null && <TaskLine task={task} onCancel={onTaskDone} />}
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
          onChange={(event) => write(event.target.value)}
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

function TaskLine({ task, onCancel }: { task: NonNullable<Task>; onCancel: () => void }) {
  const { kind, message } = task;
  const author = useChatStore((view) => nameOf(view, message.conversation_id, message.sender_id));
  return (
    <div className="composer-task">
      <p>
        <strong>
          {kind === 'edit' ? 'Edit message' : <Sentence text={`Reply to ${isolated(author)}`} />}
        </strong>
        <span className="one-line" dir="auto">
          {message.content}
        </span>
      </p>
      <button className="icon-button" type="button" aria-label="Cancel" onClick={onCancel}>
        <X size={20} aria-hidden />
      </button>
    </div>
  );
}

function EmojiButton({ onChoose }: { onChoose: (emoji: string) => void }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger className="icon-button" aria-label="Emoji">
        <Smile size={22} aria-hidden />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="menu"
          side="top"
          align="start"
          sideOffset={8}
          collisionPadding={8}
          aria-label="Emoji"
        >
          <EmojiChoice
            onChoose={(emoji) => {
              setOpen(false);
              onChoose(emoji);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
