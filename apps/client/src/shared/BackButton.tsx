import { ArrowLeft } from 'lucide-react';
import { navigateToList } from '../store/route';

/** Returns to the list. Only narrow screens show it, because wide ones show the list beside the chat. */
export function BackButton() {
  return (
    <button
      className="icon-button back"
      type="button"
      aria-label="All conversations"
      onClick={() => navigateToList()}
    >
      <ArrowLeft size={22} aria-hidden />
    </button>
  );
}
