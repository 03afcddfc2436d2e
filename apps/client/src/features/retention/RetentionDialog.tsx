import type { KnownConversation } from '@chasqui/sdk';
import { Dialog } from '../../shared/Dialog';
import { RetentionField } from './RetentionField';

/** Retention of a direct conversation. Either participant may change it. */
export function RetentionDialog(props: { conversation: KnownConversation; onClose: () => void }) {
  const { conversation, onClose } = props;
  return (
    <Dialog title="Disappearing messages" onClose={onClose}>
      <RetentionField conversation={conversation} />
    </Dialog>
  );
}
