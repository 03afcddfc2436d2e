import { setBlocked } from '../../store/useBlocks';
import { useClient } from '../../store/useClient';

/** Where one would write, while one has blocked the other: what is to be done to write again. */
export function BlockedNote({ userId, name }: { userId: string; name: string }) {
  const client = useClient();
  return (
    <p className="composer blocked-note" role="status">
      <span>You have blocked {name}. </span>
      <button
        className="link-button"
        type="button"
        onClick={() => void setBlocked(client, userId, false)}
      >
        Unblock
      </button>
    </p>
  );
}
