import type { ChatMessage } from '@chasqui/sdk';
import { X } from 'lucide-react';
import { BidiText } from '../../../shared/formatting/BidiText';
import { useChatStore } from '../../../store/chatStore';
import { isolateBidi } from '../../../shared/formatting/bidi';
import { displayName } from '../../../store/displayNames';

/** What the composer writes: a new message, a reply, or an edit. */
export type ComposerMode =
  { readonly kind: 'new' } | { readonly kind: 'reply' | 'edit'; readonly message: ChatMessage };

interface ModeBanner {
  mode: Exclude<ComposerMode, { kind: 'new' }>;
  onCancel: () => void;
}

/** The message being replied to or edited, above the input field. */
export function ModeBanner({ mode, onCancel }: ModeBanner) {
  const { kind, message } = mode;
  const author = useChatStore((view) =>
    displayName(view, message.conversation_id, message.sender_id),
  );
  return (
    <div className="composer-mode">
      <p>
        <strong>
          {kind === 'edit' ? (
            'Editing message'
          ) : (
            <BidiText text={`Replying to ${isolateBidi(author)}`} />
          )}
        </strong>
        <span className="one-line" dir="auto">
          {message.content}
        </span>
      </p>
      <button className="icon-button" type="button" aria-label="Cancel" onClick={onCancel}>
        <X size={20} aria-hidden />
      </button>
    </div>
  );
}
