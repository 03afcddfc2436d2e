import type { Bar } from '@pern/protocol/conversation';
import { setBlocked, useIsBlocked } from './blocks';
import { useClient } from '../../store/ClientContext';

interface Barred {
  /** Null: nothing is known but that I have blocked the other. */
  bar: Bar | null;
  userId: string;
  name: string;
}

/** Where one would write, while nothing can be said in a conversation of two: why, and what can be done. */
export function BarredNote({ bar, userId, name }: Barred) {
  const client = useClient();
  const isMine = useIsBlocked(userId);
  return (
    <p className="composer barred-note" role="status">
      {bar === 'deleted' ? (
        'This account was deleted. Nothing more can be said here.'
      ) : isMine ? (
        <>
          <span>
            You have blocked <bdi>{name}</bdi>.{' '}
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
        'One of you has blocked the other. Nothing can be said here.'
      )}
    </p>
  );
}
