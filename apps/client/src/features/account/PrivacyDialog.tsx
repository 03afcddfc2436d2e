import type { Audience, Privacy } from '@chasqui/protocol';
import { useEffect } from 'react';
import { useChatStore } from '../../store/chatStore';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { Dialog } from '../../shared/Dialog';

const audiences = [
  ['everybody', 'Everyone'],
  ['known', 'People I know'],
  ['nobody', 'No one'],
] as const satisfies readonly (readonly [Audience, string])[];

/** Who may message the user and add them to groups. The settings apply to all devices. */
export function PrivacyDialog({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const isLive = useChatStore((view) => view.connection.state === 'live');
  useEffect(() => {
    if (isLive) client.readPrivacy().catch(() => undefined);
  }, [client, isLive]);
  return (
    <Dialog title="Privacy" onClose={onClose}>
      <AudienceField
        name="who_can_message"
        label="Who can message me"
        hint="Your existing conversations are not affected."
      />
      <AudienceField
        name="who_can_add"
        label="Who can add me to groups"
        hint="With “People I know”, everyone else can only invite you."
      />
    </Dialog>
  );
}

function AudienceField({
  name,
  label,
  hint,
}: {
  name: keyof Privacy;
  label: string;
  hint: string;
}) {
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
        {audiences.map(([audience, text]) => (
          <option key={audience} value={audience}>
            {text}
          </option>
        ))}
      </select>
      <small>{hint}</small>
    </label>
  );
}

const audienceOf = (value: string): Audience =>
  audiences.find(([audience]) => audience === value)?.[0] ?? 'everybody';
