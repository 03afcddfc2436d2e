import { useEffect, useState } from 'react';
import { deleteAllDrafts, hasDrafts } from '../../store/drafts';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';

/**
 * Unsent messages and drafts stay on the device when the server ends a session. The next person sees this notice, which
 * offers to delete them, because the author may never sign in here again.
 */
export function UnsentNotice() {
  const client = useClient();
  const [count, setCount] = useState(0);
  const [isDraftSaved, setDraftSaved] = useState(hasDrafts);
  useEffect(() => {
    client.countUnsentOfOthers().then(setCount, () => undefined);
  }, [client]);
  if (count === 0 && !isDraftSaved) return null;

  async function discard(): Promise<void> {
    if (!(await attempt(client.discardUnsentOfOthers()))) return;
    deleteAllDrafts();
    setCount(0);
    setDraftSaved(false);
  }

  return (
    <p className="sign-in-small" role="status">
      {count === 0
        ? 'A draft is'
        : count === 1
          ? '1 unsent message is'
          : `${count} unsent messages are`}{' '}
      kept on this device until the author signs in again.{' '}
      <button className="link-button" type="button" onClick={() => void discard()}>
        Delete
      </button>
    </p>
  );
}
