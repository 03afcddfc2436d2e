import { login, logout, register, sessionSchema } from '@chasqui/protocol';
import { noBody } from '../transport/responses';
import { request } from '../transport/request';
import type { Rest } from '../transport/rest';
import type { ChatClient } from '../chatClient';
import type { Tokens } from '../session/renewal';
import type { Session } from '../session/session';

type AccountActions = Pick<ChatClient, 'signUp' | 'signIn' | 'signInWithToken' | 'signOut'>;

interface Deps {
  url: string;
  rest: Rest;
  session: Session;
  /** Opens the user's data and connects if requested. */
  onSignedIn: () => Promise<void>;
  /** Deletes the user's data. */
  onSigningOut: () => Promise<void>;
  /** Set for users of an external issuer. */
  firstTokens: (() => Promise<Tokens>) | undefined;
}

export function createAccountActions({
  url,
  rest,
  session,
  onSignedIn,
  onSigningOut,
  ...deps
}: Deps): AccountActions {
  const { firstTokens } = deps;

  async function begin(tokens: Tokens) {
    if (session.user() !== null) await signOut();
    await session.begin(tokens);
    await onSignedIn();
    return tokens.user;
  }

  async function authenticate(endpoint: typeof register | typeof login, body: unknown) {
    if (firstTokens !== undefined) throw new Error('with getToken, use signInWithToken');
    return begin(await request(url, endpoint, sessionSchema, { body }));
  }

  async function signOut(): Promise<void> {
    if (session.user() === null) return;
    // The local sign-out succeeds even if the server cannot be reached.
    await rest.call(logout, noBody).catch(() => undefined);
    await onSigningOut();
    await session.end();
  }

  return {
    signUp: ({ displayName, ...account }) =>
      authenticate(register, { ...account, display_name: displayName }),
    signIn: ({ newPassword, ...credentials }) =>
      authenticate(login, { ...credentials, new_password: newPassword }),
    async signInWithToken() {
      if (firstTokens === undefined) throw new Error('openChatClient was called without getToken');
      const tokens = await firstTokens();
      if (session.user()?.id !== tokens.user.id) return begin(tokens);
      await session.begin(tokens);
      return tokens.user;
    },
    signOut,
  };
}
