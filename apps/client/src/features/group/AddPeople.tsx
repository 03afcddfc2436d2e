import type { User } from '@chasqui/protocol';
import type { KnownConversation } from '@chasqui/sdk';
import { useState } from 'react';
import { isolateBidi } from '../../shared/formatting/bidi';
import { attempt, notify } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { PeoplePicker } from './PeoplePicker';

/** Adds the selected people one by one. Those who could not be added stay selected. */
export function AddPeople(props: { conversation: KnownConversation; onDone: () => void }) {
  const { conversation, onDone } = props;
  const client = useClient();
  const [chosen, setChosen] = useState<readonly User[]>([]);
  const memberIds = new Set(conversation.participants.map((one) => one.user_id));

  async function add(): Promise<void> {
    for (const user of chosen) {
      const adding = client.addParticipant(conversation.id, user.id);
      if (!(await attempt(adding))) return;
      if ((await adding) === 'invited')
        notify(`Invited ${isolateBidi(user.display_name)}. They join once they accept.`);
      setChosen((before) => before.filter(({ id }) => id !== user.id));
    }
    onDone();
  }

  return (
    <>
      <p>They will only see messages sent from now on.</p>
      <PeoplePicker
        excluded={memberIds}
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
