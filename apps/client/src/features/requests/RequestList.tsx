import type { Request } from '@chasqui/protocol';
import { useChatStore } from '../../store/chatStore';
import { compactTime } from '../../shared/formatting/dates';
import { useDecodedMessage } from './useDecodedMessage';
import { Avatar } from '../../shared/Avatar';

/** Message requests and group invitations, above the conversations. */
export function RequestList(props: { openId: string | null; onChoose: (id: string) => void }) {
  const requests = useChatStore((view) => view.chat.requests);
  if (requests.length === 0) return null;
  return (
    <section className="requests" aria-label="Requests">
      <h2>Requests</h2>
      <ul>
        {requests.map((request) => (
          <RequestItem
            key={request.id}
            request={request}
            isOpen={request.conversation_id === props.openId}
            onChoose={props.onChoose}
          />
        ))}
      </ul>
    </section>
  );
}

interface RequestItem {
  request: Request;
  isOpen: boolean;
  onChoose: (id: string) => void;
}

function RequestItem({ request, isOpen, onChoose }: RequestItem) {
  const { from, kind, title } = request;
  const last = useDecodedMessage(request.last_message);
  return (
    <li>
      <button
        className="list-item"
        type="button"
        aria-current={isOpen}
        onClick={() => onChoose(request.conversation_id)}
      >
        <Avatar
          id={kind === 'group' ? request.conversation_id : from.user_id}
          name={title ?? from.display_name}
          kind={kind === 'group' ? 'group' : 'person'}
        />
        <span className="list-item-body">
          <span className="list-item-title one-line" dir="auto">
            {title ?? from.display_name}
          </span>
          <span className="list-item-time">{compactTime(request.created_at)}</span>
          <span className="list-item-preview">
            <span className="one-line" dir="auto">
              {kind === 'group' ? (
                <>
                  Invitation from <bdi>{from.display_name}</bdi>
                </>
              ) : (
                (last?.content ?? '')
              )}
            </span>
          </span>
        </span>
      </button>
    </li>
  );
}
