import type { ListedSession } from '@pern/protocol/rest/sessions';
import { Laptop, LogOut, Smartphone } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { deviceName } from './deviceName';
import { explain } from '../../shared/formatting/errorText';
import { fullTime, lastSeen } from '../../shared/formatting/dates';
import { useClient } from '../../store/ClientContext';

/** Everywhere I am signed in. What is signed out here is out at once. */
export function Devices({ changes }: { changes: number }) {
  const client = useClient();
  const [sessions, setSessions] = useState<readonly ListedSession[]>();
  const [said, setSaid] = useState('');
  const headingId = useId();
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    let isShown = true;
    client.listSessions().then(
      (listed) => isShown && setSessions(listed),
      (error: unknown) => isShown && setSaid(explain(error)),
    );
    return () => {
      isShown = false;
    };
  }, [client, changes]);

  async function end(action: Promise<void>, done: string): Promise<void> {
    try {
      await action;
      setSaid(done);
    } catch (error) {
      setSaid(explain(error));
    }
    await client.listSessions().then(setSessions, () => undefined);
    // The button that had the focus is gone.
    heading.current?.focus();
  }

  const others = sessions?.filter(({ current }) => !current).length ?? 0;
  return (
    <section className="devices" aria-labelledby={headingId}>
      <h3 id={headingId} ref={heading} tabIndex={-1}>
        You are signed in on
      </h3>
      <ul>
        {sessions?.map((session) => (
          <Device
            key={session.id}
            session={session}
            onEnd={(name) => void end(client.endSession(session.id), `${name} is signed out.`)}
          />
        ))}
      </ul>
      <p role="status" className="devices-said">
        {said !== '' ? said : sessions === undefined ? 'Looking…' : ''}
      </p>
      {others > 0 && (
        <button
          className="button danger"
          type="button"
          onClick={() => void end(client.endOtherSessions(), 'All others are signed out.')}
        >
          <LogOut size={18} aria-hidden /> Sign out all others
        </button>
      )}
    </section>
  );
}

function Device(props: { session: ListedSession; onEnd: (name: string) => void }) {
  const { session, onEnd } = props;
  const { name, isHandheld } = deviceName(session.user_agent);
  const Icon = isHandheld ? Smartphone : Laptop;
  return (
    <li>
      <Icon size={22} aria-hidden />
      <span className="device-name" title={session.user_agent ?? undefined}>
        {name}
        <small>
          {session.current ? 'this device' : lastSeen(session.last_seen_at)} · since{' '}
          {fullTime(session.created_at)}
        </small>
      </span>
      {!session.current && (
        <button
          className="icon-button"
          type="button"
          aria-label={`Sign out ${name}`}
          title="Sign out"
          onClick={() => onEnd(name)}
        >
          <LogOut size={18} aria-hidden />
        </button>
      )}
    </li>
  );
}
