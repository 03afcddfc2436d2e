import type { Audience, Privacy } from '@pern/protocol/rest/privacy';
import { useEffect } from 'react';
import { useChatStore } from '../../store/chatStore';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { Dialog } from '../../shared/Dialog';

const audiences = [
  ['everybody', 'Everybody'],
  ['known', 'People I know'],
  ['nobody', 'Nobody'],
] as const satisfies readonly (readonly [Audience, string])[];

/** Who may write to me, and who may add me to groups. The same on all my devices. */
export function PrivacyDialog({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const isLive = useChatStore((view) => view.connection.state === 'live');
  useEffect(() => {
    if (isLive) client.readPrivacy().catch(() => undefined);
  }, [client, isLive]);
  return (
    <Dialog title="Privacy" onClose={onClose}>
      <Choice
        name="who_can_message"
        label="Who can start a conversation with me"
        hint="Conversations you already have go on."
      />
      <Choice
        name="who_can_add"
        label="Who can add me to groups"
        hint="With “People I know”, others can invite you, and you decide."
      />
    </Dialog>
  );
}

function Choice({ name, label, hint }: { name: keyof Privacy; label: string; hint: string }) {
  const client = useClient();
  const value = useChatStore((view) => view.chat.privacy?.[name]);
  return (
    <label className="field">
      <span>{label}</span>
      <select
        className="input"
        value={value ?? 'everybody'}
        disabled={value === undefined}
        onChange={(event) =>
          void attempt(client.changePrivacy({ [name]: audienceOf(event.target.value) }))
        }
      >
        {audiences.map(([audience, words]) => (
          <option key={audience} value={audience}>
            {words}
          </option>
        ))}
      </select>
      <small>{hint}</small>
    </label>
  );
}

const audienceOf = (value: string): Audience =>
  audiences.find(([audience]) => audience === value)?.[0] ?? 'everybody';
