import type { KnownConversation } from '@pern/sdk/state/chatState';
import { Dialog } from '../../shared/Dialog';
import { RetentionField } from './RetentionField';

/** What either of two may set for both. */
export function RetentionDialog(props: { conversation: KnownConversation; onClose: () => void }) {
  const { conversation, onClose } = props;
  return (
    <Dialog title="Disappearing messages" onClose={onClose}>
      <RetentionField conversation={conversation} />
    </Dialog>
  );
}
