import { ArrowDown } from 'lucide-react';

/** Scrolls to the latest message. Shows the number of unread ones. */
export function JumpToLatest({ unread, onJump }: { unread: number; onJump: () => void }) {
  const label =
    unread === 0
      ? 'Jump to the latest message'
      : `Jump to ${unread} new ${unread === 1 ? 'message' : 'messages'}`;
  return (
    <button
      className="jump-to-latest"
      type="button"
      aria-label={label}
      title={label}
      onClick={onJump}
    >
      <ArrowDown size={22} aria-hidden />
      {unread > 0 && <span className="unread">{unread > 999 ? '999+' : unread}</span>}
    </button>
  );
}
