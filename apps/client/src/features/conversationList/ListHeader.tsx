import { Users } from 'lucide-react';
import { ConnectionBadge } from '../../shared/ConnectionBadge';
import { useChatStore } from '../../store/chatStore';
import { AccountMenu } from '../account/AccountMenu';
import './listHeader.css';

/** The signed-in user, the connection state, and the button for a new group. */
export function ListHeader({ onNewGroup }: { onNewGroup: () => void }) {
  const me = useChatStore((view) => view.me);
  if (me === null) return null;
  return (
    <header className="list-header">
      <AccountMenu me={me} />
      <div className="list-header-text">
        <h1 className="one-line">{me.display_name}</h1>
        <ConnectionBadge />
      </div>
      <button
        className="icon-button"
        type="button"
        aria-label="New group"
        title="New group"
        onClick={onNewGroup}
      >
        <Users size={20} aria-hidden />
      </button>
    </header>
  );
}
