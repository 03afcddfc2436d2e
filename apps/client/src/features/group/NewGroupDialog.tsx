import { TITLE_MAX, type User } from '@chasqui/protocol';
import { randomId } from '@chasqui/sdk';
import { useState } from 'react';
import { navigateToConversation } from '../../store/route';
import { errorText } from '../../shared/formatting/errorText';
import { useChatStore } from '../../store/chatStore';
import { notify } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { Dialog } from '../../shared/Dialog';
import { PeoplePicker } from './PeoplePicker';

/** Creates a group from a name and some people. */
export function NewGroupDialog({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const me = useChatStore((view) => view.me?.id ?? '');
  const [title, setTitle] = useState('');
  const [chosen, setChosen] = useState<readonly User[]>([]);
  const [error, setError] = useState('');
  const [clientId] = useState(() => randomId());

  async function create(): Promise<void> {
    try {
      const { id, participant_count: count } = await client.createGroup(
        title,
        chosen.map((user) => user.id),
        // Pressing the button again after a failure must not create a second group.
        { clientId },
      );
      if (count <= chosen.length)
        notify('Some people were invited and will join once they accept.');
      onClose();
      navigateToConversation(id);
    } catch (error) {
      setError(errorText(error));
    }
  }

  return (
    <Dialog title="New group" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <label className="field">
          <span>Group name</span>
          <input
            className="input"
            required
            maxLength={TITLE_MAX}
            autoFocus
            value={title}
            onChange={(event) => setTitle(event.target.value)}
          />
        </label>
        <PeoplePicker
          excluded={new Set([me])}
          chosen={chosen}
          onToggle={(user) => setChosen(toggled(chosen, user))}
        />
        {error !== '' && (
          <p className="form-error" role="alert">
            {error}
          </p>
        )}
        <button
          className="button primary"
          type="submit"
          disabled={title.trim() === '' || chosen.length === 0}
        >
          {chosen.length === 0 ? 'Create group' : `Create group of ${chosen.length + 1}`}
        </button>
      </form>
    </Dialog>
  );
}

const toggled = (users: readonly User[], user: User): readonly User[] =>
  users.some(({ id }) => id === user.id)
    ? users.filter(({ id }) => id !== user.id)
    : [...users, user];
