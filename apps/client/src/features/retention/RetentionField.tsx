import type { KnownConversation } from '@pern/sdk/state/chatState';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { durations, durationWords } from './durations';
import { EarlierMessages } from './EarlierMessages';
import './retention.css';

/** How long a conversation keeps what is said in it: to be chosen by who may, else to be read. */
export function RetentionField({ conversation }: { conversation: KnownConversation }) {
  const client = useClient();
  const { id, type, my } = conversation;
  const seconds = conversation.retention_s ?? null;
  if (type === 'group' && my.role !== 'admin') {
    if (seconds === null) return null;
    return <p className="retention-words">Messages disappear after {durationWords(seconds)}.</p>;
  }
  const isOther = seconds !== null && !durations.some((one) => one.seconds === seconds);
  return (
    <div className="retention">
      <label className="field">
        <span>Messages disappear after</span>
        <select
          className="input"
          value={seconds ?? ''}
          onChange={({ target: { value } }) =>
            void attempt(client.setRetention(id, value === '' ? null : Number(value)))
          }
        >
          <option value="">Off</option>
          {isOther && <option value={seconds}>{durationWords(seconds)}</option>}
          {durations.map((one) => (
            <option key={one.seconds} value={one.seconds}>
              {one.words}
            </option>
          ))}
        </select>
        <small className="retention-words">
          For everybody, from now on. A message disappears as was set when it was sent.
        </small>
      </label>
      <EarlierMessages conversation={conversation} />
    </div>
  );
}
