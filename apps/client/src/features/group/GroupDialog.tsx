import { isAtLeast } from '@pern/protocol/conversationRole';
import { TITLE_MAX } from '@pern/protocol/limits';
import type { KnownConversation } from '@pern/sdk/state/chatState';
import { LogOut, UserPlus } from 'lucide-react';
import { useState } from 'react';
import { goToList } from '../../store/route';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { Dialog } from '../../shared/Dialog';
import { RetentionField } from '../retention/RetentionField';
import { AddPeople } from './AddPeople';
import { Invited } from './PendingInvitations';
import { Members } from './MemberList';
import './groupDialog.css';

/** Who is in a group and what it is called; what may be changed of it depends on my role. */
export function GroupDialog(props: { conversation: KnownConversation; onClose: () => void }) {
  const { conversation, onClose } = props;
  const client = useClient();
  const { id, my } = conversation;
  const mayManage = isAtLeast(my.role, 'moderator');
  const [isAdding, setAdding] = useState(false);
  const [isLeaving, setLeaving] = useState(false);

  async function leave(): Promise<void> {
    if (await attempt(client.leave(id))) goToList('at once');
  }

  if (isAdding) {
    return (
      <Dialog key="add" title="Add people" onClose={() => setAdding(false)}>
        <AddPeople conversation={conversation} onDone={() => setAdding(false)} />
      </Dialog>
    );
  }
  return (
    <Dialog key="group" title="Group" onClose={onClose}>
      {mayManage ? (
        <Title key={conversation.title} conversation={conversation} />
      ) : (
        <p className="group-title" dir="auto">
          {conversation.title}
        </p>
      )}
      <RetentionField conversation={conversation} />
      <Members conversation={conversation} />
      <Invited conversation={conversation} />
      <footer>
        {mayManage && (
          <button className="button" type="button" onClick={() => setAdding(true)}>
            <UserPlus size={18} aria-hidden /> Add people
          </button>
        )}
        {isLeaving ? (
          <button className="button danger" type="button" onClick={() => void leave()}>
            Really leave?
          </button>
        ) : (
          <button className="button danger" type="button" onClick={() => setLeaving(true)}>
            <LogOut size={18} aria-hidden /> Leave group
          </button>
        )}
      </footer>
    </Dialog>
  );
}

function Title({ conversation: { id, title } }: { conversation: KnownConversation }) {
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
        <span>Title</span>
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
