import { X } from 'lucide-react';
import { useEffect } from 'react';
import { dismiss, type Notice, useNotices } from '../store/notices';
import './notices.css';

const SHOWN_MS = 7_000;

/** Toast messages. Screen readers announce them; each disappears after a few seconds. */
export function Notices() {
  const notices = useNotices((state) => state.notices);
  return (
    <div className="notices" role="status" aria-live="polite">
      {notices.map((notice) => (
        <NoticeItem key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function NoticeItem({ notice: { id, text } }: { notice: Notice }) {
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id]);
  return (
    <p className="notice">
      <span>{text}</span>
      <button
        className="icon-button"
        type="button"
        aria-label="Dismiss"
        onClick={() => dismiss(id)}
      >
        <X size={18} aria-hidden />
      </button>
    </p>
  );
}
