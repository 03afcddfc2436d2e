import { Plus } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import './emojiMenu.css';

const QUICK = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

/** The full list is large and rarely needed, so it is loaded on demand. */
const EmojiPicker = lazy(() =>
  import('./EmojiPicker').then((module) => ({ default: module.EmojiPicker })),
);

/** A few common emoji, with a button that opens all of them. */
export function EmojiMenu({ onChoose }: { onChoose: (emoji: string) => void }) {
  const [isExpanded, setExpanded] = useState(false);
  if (isExpanded) {
    return (
      <Suspense fallback={<p className="emoji-note">Loading…</p>}>
        <EmojiPicker onChoose={onChoose} />
      </Suspense>
    );
  }
  return (
    <div className="emoji-row">
      {QUICK.map((emoji) => (
        <button
          key={emoji}
          className="emoji"
          type="button"
          aria-label={emoji}
          onClick={() => onChoose(emoji)}
        >
          {emoji}
        </button>
      ))}
      <button
        className="icon-button"
        type="button"
        aria-label="All emoji"
        onClick={() => setExpanded(true)}
      >
        <Plus size={20} aria-hidden />
      </button>
    </div>
  );
}
