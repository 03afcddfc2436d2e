import type { User } from '@pern/protocol/user';
import { useEffect, useState } from 'react';
import { useChatStore } from '../store/chatStore';
import { useClient } from '../store/ClientContext';

interface Found {
  readonly query: string | undefined;
  readonly users: readonly User[];
  readonly state: 'searching' | 'found' | 'failed';
}

/** Who answers to what is being typed waits a moment for the next key. */
const PAUSE_MS = 200;
/** On a server where somebody is alone, they are waiting for somebody. */
const LOOK_AGAIN_MS = 3_000;

/** People of this server by name. Where nobody is sought all are, a page of them. */
export function useFoundUsers(query: string): Pick<Found, 'users' | 'state'> {
  const client = useClient();
  const isOnline = useChatStore((view) => view.isOnline);
  const [found, setFound] = useState<Found>({ query: undefined, users: [], state: 'searching' });
  useEffect(() => {
    let isWanted = true;
    const timer = setTimeout(
      () =>
        void client.findUsers(query).then(
          ({ users }) => isWanted && setFound({ query, users, state: 'found' }),
          () => isWanted && setFound({ query, users: [], state: 'failed' }),
        ),
      query === '' ? 0 : PAUSE_MS,
    );
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [client, query, isOnline]);
  const isAlone = found.query === '' && found.users.length <= 1;
  useEffect(() => {
    if (!isAlone || query !== '') return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState !== 'visible') return;
      client.findUsers('').then(
        ({ users }) => setFound({ query: '', users, state: 'found' }),
        () => undefined,
      );
    }, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [client, query, isAlone]);
  // What was found for other words stays until there is something better: nothing jumps.
  return { users: found.users, state: found.query === query ? found.state : 'searching' };
}
