import { login, logout, register, sessionSchema } from '@pern/protocol/rest/auth';
import { noBody } from '../connection/answers';
import { request } from '../connection/request';
import type { Rest } from '../connection/rest';
import type { ChatClient } from '../chatClient';
import type { Session } from '../session/session';

type Account = Pick<ChatClient, 'signUp' | 'signIn' | 'signOut'>;

interface Deps {
  url: string;
  rest: Rest;
  session: Session;
  /** Makes this user's things ready, and connects if that is wanted. */
  onSignedIn: () => Promise<void>;
  /** Takes everything of this user's away. */
  onSigningOut: () => Promise<void>;
}

export function createAccount({ url, rest, session, onSignedIn, onSigningOut }: Deps): Account {
  async function begin(endpoint: typeof register | typeof login, body: unknown) {
    const answer = await request(url, endpoint, sessionSchema, { body });
    if (session.user() !== null) await signOut();
    await session.begin(answer);
    await onSignedIn();
    return answer.user;
  }

  async function signOut(): Promise<void> {
    if (session.user() === null) return;
    // Whether or not the server can be told: who signs out here is signed out here.
    await rest.call(logout, noBody).catch(() => undefined);
    await onSigningOut();
    await session.end();
  }

  return {
    signUp: ({ username, email, password, displayName }) =>
      begin(register, { username, email, password, display_name: displayName }),
    signIn: (credentials) => begin(login, credentials),
    signOut,
  };
}
