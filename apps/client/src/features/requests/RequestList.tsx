import type { Request } from '@pern/protocol/request';
import { useChatStore } from '../../store/chatStore';
import { briefTime } from '../../shared/formatting/dates';
import { useDecoded } from './useDecodedMessage';
import { Avatar } from '../../shared/Avatar';

/** What waits for my answer, above the conversations. */
export function Requests(props: { openId: string | null; onChoose: (id: string) => void }) {
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
  const last = useDecoded(request.last_message);
  return (
    <li>
      <button
        className="choice"
        type="button"
        aria-current={isOpen}
        onClick={() => onChoose(request.conversation_id)}
      >
        <Avatar
          id={kind === 'group' ? request.conversation_id : from.user_id}
          name={title ?? from.display_name}
          kind={kind === 'group' ? 'group' : 'person'}
        />
        <span className="choice-words">
          <span className="choice-title one-line" dir="auto">
            {title ?? from.display_name}
          </span>
          <span className="choice-time">{briefTime(request.created_at)}</span>
          <span className="choice-preview">
            <span className="one-line" dir="auto">
              {kind === 'group' ? (
                <>
                  <bdi>{from.display_name}</bdi> invites you
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
