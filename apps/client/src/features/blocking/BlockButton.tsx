import { Ban } from 'lucide-react';
import { useState } from 'react';
import { setBlocked, useIsBlocked } from './blocks';
import { useClient } from '../../store/ClientContext';
import { Dialog } from '../../shared/Dialog';

/** For the header of a conversation of two: wanting nothing more to do with the other, or taking that back. */
export function BlockButton({ userId, name }: { userId: string; name: string }) {
  const client = useClient();
  const isBlocked = useIsBlocked(userId);
  const [isAsking, setAsking] = useState(false);
  const label = isBlocked ? `Unblock ${name}` : `Block ${name}`;
  return (
    <>
      <button
        className="icon-button"
        type="button"
        aria-label={label}
        aria-pressed={isBlocked}
        title={label}
        onClick={() => setAsking(true)}
      >
        <Ban size={18} aria-hidden />
      </button>
      {isAsking && (
        <Dialog title={`${label}?`} onClose={() => setAsking(false)}>
          <p>
            {isBlocked
              ? 'You can write to each other again, and see when the other is there.'
              : 'Neither can write to the other, or see whether they are there. Groups go on as before. They see that one of you has blocked the other.'}
          </p>
          <footer>
            <button className="button" type="button" onClick={() => setAsking(false)}>
              Cancel
            </button>
            <button
              className={isBlocked ? 'button primary' : 'button danger'}
              type="button"
              onClick={() => {
                setAsking(false);
                void setBlocked(client, userId, !isBlocked);
              }}
            >
              {isBlocked ? 'Unblock' : 'Block'}
            </button>
          </footer>
        </Dialog>
      )}
    </>
  );
}
