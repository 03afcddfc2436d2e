import type { Bar } from '@chasqui/protocol';
import { setBlocked, useIsBlocked } from './blocks';
import { useClient } from '../../store/ClientContext';

interface ClosedChatNote {
  /** Null if only the block by the signed-in user is known. */
  bar: Bar | null;
  userId: string;
  name: string;
}

/** Replaces the composer of a direct conversation that is closed by a block or a deleted account, and says why. */
export function ClosedChatNote({ bar, userId, name }: ClosedChatNote) {
  const client = useClient();
  const isBlockedByMe = useIsBlocked(userId);
  return (
    <p className="composer closed-chat-note" role="status">
      {bar === 'deleted' ? (
        'This account was deleted. You can no longer send messages here.'
      ) : isBlockedByMe ? (
        <>
          <span>
            You blocked <bdi>{name}</bdi>.{' '}
          </span>
          <button
            className="link-button"
            type="button"
            onClick={() => void setBlocked(client, userId, false)}
          >
            Unblock
          </button>
        </>
      ) : (
        'One of you has blocked the other. You cannot send messages here.'
      )}
    </p>
  );
}
