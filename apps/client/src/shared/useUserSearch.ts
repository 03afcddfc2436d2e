import type { User } from '@chasqui/protocol';
import { useEffect, useState } from 'react';
import { useChatStore } from '../store/chatStore';
import { useClient } from '../store/ClientContext';

interface SearchResult {
  readonly query: string | undefined;
  readonly users: readonly User[];
  readonly state: 'searching' | 'found' | 'failed';
}

/** Debounces typing. */
const DEBOUNCE_MS = 200;
/** The only user of a new server sees others within this time of signing up. */
const POLL_MS = 3_000;

/** Searches the users of this server by name. An empty query returns the first page of all users. */
export function useUserSearch(query: string): Pick<SearchResult, 'users' | 'state'> {
  const client = useClient();
  const isOnline = useChatStore((view) => view.isOnline);
  const [result, setResult] = useState<SearchResult>({
    query: undefined,
    users: [],
    state: 'searching',
  });
  useEffect(() => {
    let isCurrent = true;
    const timer = setTimeout(
      () =>
        void client.findUsers(query).then(
          ({ users }) => isCurrent && setResult({ query, users, state: 'found' }),
          () => isCurrent && setResult({ query, users: [], state: 'failed' }),
        ),
      query === '' ? 0 : DEBOUNCE_MS,
    );
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client, query, isOnline]);
  const isOnlyUser = result.query === '' && result.users.length <= 1;
  useEffect(() => {
    if (!isOnlyUser || query !== '') return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState !== 'visible') return;
      client.findUsers('').then(
        ({ users }) => setResult({ query: '', users, state: 'found' }),
        () => undefined,
      );
    }, POLL_MS);
    return () => clearInterval(timer);
  }, [client, query, isOnlyUser]);
  // Results of the previous query stay until the new ones arrive, so that the list does not flicker.
  return { users: result.users, state: result.query === query ? result.state : 'searching' };
}
