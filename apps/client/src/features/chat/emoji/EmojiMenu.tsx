import { Plus } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import './emojiMenu.css';

const QUICK = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

/** All of them are fetched when somebody asks for them: most never do. */
const EmojiPicker = lazy(() =>
  import('./EmojiPicker').then((module) => ({ default: module.EmojiPicker })),
);

/** The usual few at once, all others behind a plus. */
export function EmojiChoice({ onChoose }: { onChoose: (emoji: string) => void }) {
  const [isWide, setWide] = useState(false);
  if (isWide) {
    return (
      <Suspense fallback={<p className="emoji-wait">Loading …</p>}>
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
        onClick={() => setWide(true)}
      >
        <Plus size={20} aria-hidden />
      </button>
    </div>
  );
}
