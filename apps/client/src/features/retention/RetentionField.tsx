import type { KnownConversation } from '@chasqui/sdk';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { durations, durationText } from './durations';
import { EarlierMessages } from './EarlierMessages';
import './retention.css';

/** The retention period of a conversation: editable if the role allows it, otherwise read-only. */
export function RetentionField({ conversation }: { conversation: KnownConversation }) {
  const client = useClient();
  const { id, type, my } = conversation;
  const seconds = conversation.retention_s ?? null;
  if (type === 'group' && my.role !== 'admin') {
    if (seconds === null) return null;
    return <p className="retention-note">Messages disappear after {durationText(seconds)}.</p>;
  }
  const isCustom = seconds !== null && !durations.some((one) => one.seconds === seconds);
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
          {isCustom && <option value={seconds}>{durationText(seconds)}</option>}
          {durations.map((one) => (
            <option key={one.seconds} value={one.seconds}>
              {one.text}
            </option>
          ))}
        </select>
        <small className="retention-note">
          Applies to everyone’s new messages. Each message keeps the setting it was sent with.
        </small>
      </label>
      <EarlierMessages conversation={conversation} />
    </div>
  );
}
