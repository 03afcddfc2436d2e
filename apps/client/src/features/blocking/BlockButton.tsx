import { Ban } from 'lucide-react';
import { useState } from 'react';
import { setBlocked, useIsBlocked } from './blocks';
import { useClient } from '../../store/ClientContext';
import { Dialog } from '../../shared/Dialog';

/** Blocks or unblocks the other participant of a direct conversation, after confirmation. */
export function BlockButton({ userId, name }: { userId: string; name: string }) {
  const client = useClient();
  const isBlocked = useIsBlocked(userId);
  const [isConfirming, setConfirming] = useState(false);
  const label = isBlocked ? `Unblock ${name}` : `Block ${name}`;
  return (
    <>
      <button
        className="icon-button"
        type="button"
        aria-label={label}
        aria-pressed={isBlocked}
        title={label}
        onClick={() => setConfirming(true)}
      >
        <Ban size={18} aria-hidden />
      </button>
      {isConfirming && (
        <Dialog title={`${label}?`} onClose={() => setConfirming(false)}>
          <p>
            {isBlocked ? (
              'You will be able to message each other and see when the other is online.'
            ) : (
              <>
                You will not be able to message each other or see when the other is online. Groups
                are not affected. <bdi>{name}</bdi> will see that one of you has blocked the other.
              </>
            )}
          </p>
          <footer>
            <button className="button" type="button" onClick={() => setConfirming(false)}>
              Cancel
            </button>
            <button
              className={isBlocked ? 'button primary' : 'button danger'}
              type="button"
              onClick={() => {
                setConfirming(false);
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
