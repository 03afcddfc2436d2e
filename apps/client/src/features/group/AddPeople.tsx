import type { User } from '@pern/protocol/user';
import type { KnownConversation } from '@pern/sdk/state/chatState';
import { useState } from 'react';
import { isolated } from '../../store/displayNames';
import { attempt, notify } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { PeoplePicker } from './PeoplePicker';

/** Several people are added one after the other; who could not be stays chosen. */
export function AddPeople(props: { conversation: KnownConversation; onDone: () => void }) {
  const { conversation, onDone } = props;
  const client = useClient();
  const [chosen, setChosen] = useState<readonly User[]>([]);
  const without = new Set(conversation.participants.map((one) => one.user_id));

  async function add(): Promise<void> {
    for (const user of chosen) {
      const adding = client.addParticipant(conversation.id, user.id);
      if (!(await attempt(adding))) return;
      if ((await adding) === 'invited')
        notify(`${isolated(user.display_name)} was invited and has to accept.`);
      setChosen((before) => before.filter(({ id }) => id !== user.id));
    }
    onDone();
  }

  return (
    <>
      <p>They will see what is written from now on.</p>
      <PeoplePicker
        without={without}
        chosen={chosen}
        onToggle={(user) =>
          setChosen((before) =>
            before.some(({ id }) => id === user.id)
              ? before.filter(({ id }) => id !== user.id)
              : [...before, user],
          )
        }
      />
      <button
        className="button primary"
        type="button"
        disabled={chosen.length === 0}
        onClick={() => void add()}
      >
        Add
      </button>
    </>
  );
}
