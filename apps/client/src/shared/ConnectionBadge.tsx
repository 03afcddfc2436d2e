import { type Connection, selectOutboxSize } from '@chasqui/sdk';
import { useChatStore } from '../store/chatStore';
import './connectionBadge.css';

/** The connection state and the number of unsent messages. Always rendered, so that the layout does not shift. */
export function ConnectionBadge({ isAnnounced = true }: { isAnnounced?: boolean }) {
  const connection = useChatStore((view) => view.connection);
  const waiting = useChatStore((view) => selectOutboxSize(view.chat));
  const { text, tone } = describe(connection);
  const toSend = waiting === 0 || tone === 'good' ? '' : ` · ${waiting} to send`;
  return (
    <p
      className={`connection-badge one-line ${tone}`}
      role={isAnnounced ? 'status' : undefined}
      data-connection={isOffline(connection) ? 'offline' : connection.state}
    >
      {text}
      {toSend}
    </p>
  );
}

type Tone = 'good' | 'busy' | 'bad';

/** The browser reports no network. The SDK keeps retrying regardless. */
const isOffline = (connection: Connection): boolean =>
  connection.state === 'offline' ||
  (connection.state === 'waiting to retry' && connection.isNetworkDown);

function describe(connection: Connection): { text: string; tone: Tone } {
  if (isOffline(connection)) return { text: 'Offline', tone: 'bad' };
  switch (connection.state) {
    case 'live':
      return { text: 'Online', tone: 'good' };
    case 'catching up': {
      const { received, missing } = connection;
      const total = received + missing;
      if (total === 0) return { text: 'Catching up', tone: 'busy' };
      return { text: `Catching up: ${received} of ${messageCount(total)}`, tone: 'busy' };
    }
    case 'connecting':
      return { text: connection.failures === 0 ? 'Connecting' : 'Reconnecting', tone: 'busy' };
    case 'waiting to retry':
      return { text: 'Reconnecting', tone: 'bad' };
    case 'offline':
      return { text: 'Offline', tone: 'bad' };
    case 'signed out':
      return { text: 'Signed out', tone: 'bad' };
  }
}

const messageCount = (count: number): string => (count === 1 ? '1 message' : `${count} messages`);
