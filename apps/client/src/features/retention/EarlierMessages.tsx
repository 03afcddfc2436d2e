import type { KnownConversation } from '@chasqui/sdk';
import { useChatStore } from '../../store/chatStore';
import { otherParticipant } from '../../store/displayNames';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { durationText } from './durations';

/**
 * Applies the retention period to earlier messages. In a group an admin decides alone; in a direct conversation both
 * participants must agree.
 */
export function EarlierMessages({ conversation }: { conversation: KnownConversation }) {
  const client = useClient();
  const me = useChatStore((view) => view.me?.id);
  const { id, type, retention_s: seconds = null, history_request: request = null } = conversation;
  const isCovered = seconds === null || (conversation.retention_from_seq ?? 1) <= 1;
  if (isCovered) return null;
  const other = otherParticipant(conversation, me)?.display_name ?? 'the other person';
  const isRequested = request !== null && request.retention_s === seconds;
  if (isRequested && request.user_id === me) {
    return (
      <p className="retention-note" role="status">
        You asked for earlier messages to disappear too. Waiting for <bdi>{other}</bdi> to agree.
      </p>
    );
  }
  return (
    <div className="retention-history">
      {isRequested && (
        <p className="retention-note">
          <bdi>{other}</bdi> wants earlier messages to disappear after {durationText(seconds)} too.
        </p>
      )}
      <button
        type="button"
        className="button"
        onClick={() => void attempt(client.applyRetentionToHistory(id))}
      >
        {type === 'group'
          ? 'Apply to earlier messages'
          : isRequested
            ? 'Agree'
            : 'Ask to apply to earlier messages'}
      </button>
    </div>
  );
}
