import { isAtLeast, TITLE_MAX } from '@chasqui/protocol';
import type { KnownConversation } from '@chasqui/sdk';
import { LogOut, UserPlus } from 'lucide-react';
import { useState } from 'react';
import { navigateToList } from '../../store/route';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { Dialog } from '../../shared/Dialog';
import { RetentionField } from '../retention/RetentionField';
import { AddPeople } from './AddPeople';
import { PendingInvitations } from './PendingInvitations';
import { MemberList } from './MemberList';
import './groupDialog.css';

/** The name, retention and members of a group. The role of the user decides what can be changed. */
export function GroupDialog(props: { conversation: KnownConversation; onClose: () => void }) {
  const { conversation, onClose } = props;
  const client = useClient();
  const { id, my } = conversation;
  const canManage = isAtLeast(my.role, 'moderator');
  const [isAdding, setAdding] = useState(false);
  const [isConfirmingLeave, setConfirmingLeave] = useState(false);

  async function leave(): Promise<void> {
    if (await attempt(client.leave(id))) navigateToList('replace');
  }

  if (isAdding) {
    return (
      <Dialog key="add" title="Add people" onClose={() => setAdding(false)}>
        <AddPeople conversation={conversation} onDone={() => setAdding(false)} />
      </Dialog>
    );
  }
  return (
    <Dialog key="group" title="Group settings" onClose={onClose}>
      {canManage ? (
        <RenameForm key={conversation.title} conversation={conversation} />
      ) : (
        <p className="group-title" dir="auto">
          {conversation.title}
        </p>
      )}
      <RetentionField conversation={conversation} />
      <MemberList conversation={conversation} />
      <PendingInvitations conversation={conversation} />
      <footer>
        {canManage && (
          <button className="button" type="button" onClick={() => setAdding(true)}>
            <UserPlus size={18} aria-hidden /> Add people
          </button>
        )}
        {isConfirmingLeave ? (
          <button className="button danger" type="button" onClick={() => void leave()}>
            Yes, leave group
          </button>
        ) : (
          <button className="button danger" type="button" onClick={() => setConfirmingLeave(true)}>
            <LogOut size={18} aria-hidden /> Leave group
          </button>
        )}
      </footer>
    </Dialog>
  );
}

function RenameForm({ conversation: { id, title } }: { conversation: KnownConversation }) {
  const client = useClient();
  const [text, setText] = useState(title ?? '');
  return (
    <form
      className="group-rename"
      onSubmit={(event) => {
        event.preventDefault();
        void attempt(client.renameConversation(id, text));
      }}
    >
      <label className="field">
        <span>Group name</span>
        <input
          className="input"
          required
          maxLength={TITLE_MAX}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <button
        className="button"
        type="submit"
        disabled={text.trim() === '' || text.trim() === title}
      >
        Rename
      </button>
    </form>
  );
}
