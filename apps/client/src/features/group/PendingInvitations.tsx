import type { GroupInvitation } from '@chasqui/protocol';
import type { KnownConversation } from '@chasqui/sdk';
import { UserMinus } from 'lucide-react';
import { useEffect, useState } from 'react';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { Avatar } from '../../shared/Avatar';

/** People who were invited to a group and have not accepted yet. Admins and moderators can cancel an invitation. */
export function PendingInvitations({ conversation }: { conversation: KnownConversation }) {
  const client = useClient();
  const { id, version, my } = conversation;
  const [invited, setInvited] = useState<readonly GroupInvitation[]>([]);
  useEffect(() => {
    let isCurrent = true;
    client.listInvited(id).then(
      (page) => {
        if (isCurrent) setInvited(page.invited);
      },
      () => undefined,
    );
    return () => void (isCurrent = false);
  }, [client, id, version]);

  async function cancelInvitation(userId: string): Promise<void> {
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
                aria-label={`Cancel the invitation for ${name}`}
                title="Cancel invitation"
                onClick={() => void attempt(cancelInvitation(userId))}
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
