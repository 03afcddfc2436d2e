import type { KnownConversation } from '@pern/sdk/state/chatState';
import { useChatStore } from '../../store/chatStore';
import { otherOf } from '../../store/displayNames';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { durationWords } from './durations';

/** Makes retention hold for what was sent before: an admin of a group alone, both of a direct conversation together. */
export function EarlierMessages({ conversation }: { conversation: KnownConversation }) {
  const client = useClient();
  const me = useChatStore((view) => view.me?.id);
  const { id, type, retention_s: seconds = null, history_request: request = null } = conversation;
  const isCovered = seconds === null || (conversation.retention_from_seq ?? 1) <= 1;
  if (isCovered) return null;
  const other = otherOf(conversation, me)?.display_name ?? 'the other one';
  const isAsked = request !== null && request.retention_s === seconds;
  if (isAsked && request.user_id === me) {
    return (
      <p className="retention-words" role="status">
        You asked that earlier messages disappear, too. Waiting for <bdi>{other}</bdi> to agree.
      </p>
    );
  }
  return (
    <div className="retention-history">
      {isAsked && (
        <p className="retention-words">
          <bdi>{other}</bdi> asks that earlier messages disappear after {durationWords(seconds)},
          too.
        </p>
      )}
      <button
        type="button"
        className="button"
        onClick={() => void attempt(client.applyRetentionToHistory(id))}
      >
        {type === 'group'
          ? 'Apply to earlier messages'
          : isAsked
            ? 'Agree'
            : 'Ask to apply to earlier messages'}
      </button>
    </div>
  );
}
