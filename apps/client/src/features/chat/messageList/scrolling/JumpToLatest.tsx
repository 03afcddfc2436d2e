import { ArrowDown } from 'lucide-react';

/** Back to what is newest, with how much of it is new. */
export function JumpToEnd({ unread, onJump }: { unread: number; onJump: () => void }) {
  const label = unread === 0 ? 'Go to the newest message' : `Go to ${unread} new messages`;
  return (
    <button className="jump-to-end" type="button" aria-label={label} title={label} onClick={onJump}>
      <ArrowDown size={22} aria-hidden />
      {unread > 0 && <span className="unread">{unread > 999 ? '999+' : unread}</span>}
    </button>
  );
}
