import { useEffect, useState } from 'react';
import { forgetAllDrafts, hasDrafts } from '../../store/drafts';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';

/**
 * Says that this device keeps what somebody wrote and did not send before the server ended the session, and offers to
 * delete it: the author may never sign in here again.
 */
export function KeptUnsent() {
  const client = useClient();
  const [count, setCount] = useState(0);
  const [isBegun, setBegun] = useState(hasDrafts);
  useEffect(() => {
    client.countUnsentOfOthers().then(setCount, () => undefined);
  }, [client]);
  if (count === 0 && !isBegun) return null;

  async function discard(): Promise<void> {
    if (!(await attempt(client.discardUnsentOfOthers()))) return;
    forgetAllDrafts();
    setCount(0);
    setBegun(false);
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
