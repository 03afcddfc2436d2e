import type { Invitation } from '@pern/protocol/request';
import type { KnownConversation } from '@pern/sdk/state/chatState';
import { UserMinus } from 'lucide-react';
import { useEffect, useState } from 'react';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { Avatar } from '../../shared/Avatar';

/** Who was invited to a group and has not joined; admins and moderators take an invitation back. */
export function Invited({ conversation }: { conversation: KnownConversation }) {
  const client = useClient();
  const { id, version, my } = conversation;
  const [invited, setInvited] = useState<readonly Invitation[]>([]);
  useEffect(() => {
    let isWanted = true;
    client.listInvited(id).then(
      (page) => {
        if (isWanted) setInvited(page.invited);
      },
      () => undefined,
    );
    return () => void (isWanted = false);
  }, [client, id, version]);

  async function withdraw(userId: string): Promise<void> {
    await client.removeParticipant(id, userId);
    setInvited((before) => before.filter((one) => one.user_id !== userId));
  }

  if (invited.length === 0) return null;
  return (
    <section className="members" aria-label="Invited">
      <h3>Invited</h3>
      <ul>
        {invited.map(({ user_id: userId, display_name: name, username }) => (
          <li key={userId}>
            <Avatar id={userId} name={name} size="small" />
            <span className="member-name" dir="auto">
              {name}
              <small className="one-line">@{username}</small>
            </span>
            {my.role !== 'member' && (
              <button
                className="icon-button"
                type="button"
                aria-label={`Take back the invitation of ${name}`}
                title="Take back"
                onClick={() => void attempt(withdraw(userId))}
              >
                <UserMinus size={18} aria-hidden />
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
