import type { ChatMessage } from '@chasqui/sdk';
import { useChatStore } from '../../../store/chatStore';
import { isolateBidi } from '../../../shared/formatting/bidi';
import { displayName } from '../../../store/displayNames';
import { BidiText } from '../../../shared/formatting/BidiText';
import { useToggleReaction } from './useToggleReaction';
import './reactions.css';

/** The reactions to a message. Clicking one adds or removes the user's own. */
export function Reactions({ message }: { message: ChatMessage }) {
  const toggleReaction = useToggleReaction(message);
  const me = useChatStore((view) => view.me?.id ?? '');
  const view = useChatStore.getState();
  return (
    <ul className="reactions" aria-label="Reactions">
      {message.reactions.map(({ emoji, user_ids: ids, count = ids.length }) => {
        const named = ids
          .map((id) => displayName(view, message.conversation_id, id))
          .map(isolateBidi);
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
              onClick={() => void toggleReaction(emoji)}
            >
              <span className="reaction-emoji">{emoji}</span> {count}
              <span className="visually-hidden">
                {' '}
                by <BidiText text={names} />
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
