import type { ChatMessage } from '@pern/sdk/entry';
import { useChatStore } from '../../../store/chatStore';
import { isolated, nameOf } from '../../../store/displayNames';
import { Sentence } from '../../../shared/formatting/BidiText';
import { useReact } from './useToggleReaction';
import './reactions.css';

/** Who reacted with what; choosing one joins in, or takes mine back. */
export function Reactions({ message }: { message: ChatMessage }) {
  const react = useReact(message);
  const me = useChatStore((view) => view.me?.id ?? '');
  const view = useChatStore.getState();
  return (
    <ul className="reactions" aria-label="Reactions">
      {message.reactions.map(({ emoji, user_ids: ids, count = ids.length }) => {
        const named = ids.map((id) => nameOf(view, message.conversation_id, id)).map(isolated);
        const names = [
          ...named,
          ...(count > ids.length ? [`${count - ids.length} more`] : []),
        ].join(', ');
        return (
          <li key={emoji}>
            <button
              className="reaction"
              type="button"
              tabIndex={-1}
              aria-pressed={ids.includes(me)}
              title={names}
              onClick={() => void react(emoji)}
            >
              <span className="reaction-emoji">{emoji}</span> {count}
              <span className="hidden-but-read">
                {' '}
                by <Sentence text={names} />
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
