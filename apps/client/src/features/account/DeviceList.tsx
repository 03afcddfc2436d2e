import type { ListedSession } from '@chasqui/protocol';
import { Laptop, LogOut, Smartphone } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { deviceName } from './deviceName';
import { errorText } from '../../shared/formatting/errorText';
import { dateAndTime, lastSeenText } from '../../shared/formatting/dates';
import { useClient } from '../../store/ClientContext';

/** The sessions of this account. Signing one out takes effect immediately. `changes` triggers a reload. */
export function DeviceList({ changes }: { changes: number }) {
  const client = useClient();
  const [sessions, setSessions] = useState<readonly ListedSession[]>();
  const [status, setStatus] = useState('');
  const headingId = useId();
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    let isCurrent = true;
    client.listSessions().then(
      (listed) => isCurrent && setSessions(listed),
      (error: unknown) => isCurrent && setStatus(errorText(error)),
    );
    return () => {
      isCurrent = false;
    };
  }, [client, changes]);

  async function signOut(action: Promise<void>, doneText: string): Promise<void> {
    try {
      await action;
      setStatus(doneText);
    } catch (error) {
      setStatus(errorText(error));
    }
    await client.listSessions().then(setSessions, () => undefined);
    // The focused button no longer exists.
    heading.current?.focus();
  }

  const others = sessions?.filter(({ current }) => !current).length ?? 0;
  return (
    <section className="devices" aria-labelledby={headingId}>
      <h3 id={headingId} ref={heading} tabIndex={-1}>
        Signed-in devices
      </h3>
      <ul>
        {sessions?.map((session) => (
          <Device
            key={session.id}
            session={session}
            onSignOut={(name) =>
              void signOut(client.endSession(session.id), `${name} was signed out.`)
            }
          />
        ))}
      </ul>
      <p role="status" className="devices-status">
        {status !== '' ? status : sessions === undefined ? 'Loading…' : ''}
      </p>
      {others > 0 && (
        <button
          className="button danger"
          type="button"
          onClick={() =>
            void signOut(client.endOtherSessions(), 'All other devices were signed out.')
          }
        >
          <LogOut size={18} aria-hidden /> Sign out all other devices
        </button>
      )}
    </section>
  );
}

function Device(props: { session: ListedSession; onSignOut: (name: string) => void }) {
  const { session, onSignOut } = props;
  const { name, isHandheld } = deviceName(session.user_agent);
  const Icon = isHandheld ? Smartphone : Laptop;
  return (
    <li>
      <Icon size={22} aria-hidden />
      <span className="device-name" title={session.user_agent ?? undefined}>
        {name}
        <small>
          {session.current ? 'this device' : lastSeenText(session.last_seen_at)} · signed in{' '}
          {dateAndTime(session.created_at)}
        </small>
      </span>
      {!session.current && (
        <button
          className="icon-button"
          type="button"
          aria-label={`Sign out ${name}`}
          title="Sign out"
          onClick={() => onSignOut(name)}
        >
          <LogOut size={18} aria-hidden />
        </button>
      )}
    </li>
  );
}
