import type { ChatMessage } from '@chasqui/sdk';
import { Dialog } from '../../../shared/Dialog';
import { useClient } from '../../../store/ClientContext';
import { attempt } from '../../../store/notices';

/** Asks for confirmation before a message is deleted for everyone. */
export function DeleteMessageDialog(props: { message: ChatMessage; onClose: () => void }) {
  const { message, onClose } = props;
  const client = useClient();
  return (
    <Dialog title="Delete this message?" onClose={onClose}>
      <p>It will be deleted for everyone. They will see that a message was deleted.</p>
      <footer>
        <button className="button" type="button" onClick={onClose}>
          Cancel
        </button>
        <button
          className="button danger"
          type="button"
          onClick={() => {
            onClose();
            void attempt(client.delete(message.id));
          }}
        >
          Delete
        </button>
      </footer>
    </Dialog>
  );
}
