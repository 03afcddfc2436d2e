import type { User } from '@chasqui/protocol';
import { useUserSearch } from '../../shared/useUserSearch';
import { useChatStore } from '../../store/chatStore';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { Avatar } from '../../shared/Avatar';

/** Users of this server. Choosing one opens the direct conversation with them. */
export function UserSearchResults(props: {
  query: string;
  onChoose: (conversationId: string) => void;
}) {
  const client = useClient();
  const me = useChatStore((view) => view.me?.id);
  const { users, state } = useUserSearch(props.query);
  const others = users.filter(({ id }) => id !== me);

  async function open(user: User): Promise<void> {
    await attempt(client.createDirect(user.id).then(({ id }) => props.onChoose(id)));
  }

  return (
    <section aria-label="People">
      <h2>People on this server</h2>
      <ul>
        {others.map((user) => (
          <li key={user.id}>
            <button className="list-item" type="button" onClick={() => void open(user)}>
              <Avatar id={user.id} name={user.display_name} presence={user.presence?.status} />
              <span className="list-item-body">
                <span className="list-item-title one-line" dir="auto">
                  {user.display_name}
                </span>
                <span />
                <span className="list-item-preview">@{user.username}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <p className="list-note" role="status">
        {others.length === 0 && noteOf(state, props.query)}
      </p>
    </section>
  );
}

function noteOf(state: 'searching' | 'found' | 'failed', query: string): string {
  if (state === 'searching') return 'Searching…';
  if (state === 'failed') return 'Go online to find people.';
  return query === '' ? 'No one else has signed up yet.' : 'No one found.';
}
