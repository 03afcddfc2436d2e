import { randomBytes } from 'node:crypto';
import type { Message, Session } from '@chasqui/protocol';
import type { Api } from './api';

/** Somebody who was registered for the demo. */
export interface Person {
  readonly id: string;
  readonly username: string;
  /** An access token that is good for a while yet. */
  token(): Promise<string>;
  /** Every entry of a conversation with its status, fetched now. */
  history(conversationId: string): Promise<Message[]>;
  logout(): Promise<void>;
}

/** Registers `ana-1f3a` for `ana`. */
export async function register(api: Api, name: string): Promise<Person> {
  const username = `${name}-${randomBytes(2).toString('hex')}`;
  const credentials = {
    username,
    // The name of the demo alone may have been taken by an earlier one.
    email: `${username}.${randomBytes(6).toString('hex')}@example.org`,
    password: randomBytes(18).toString('base64url'),
  };
  let session = await api('register', { body: credentials });
  let freshUntil = halfLife(session);
  let refreshing: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    session = await api('refresh', { body: { refresh_token: session.refresh_token } });
    freshUntil = halfLife(session);
  }

  async function token(): Promise<string> {
    if (Date.now() > freshUntil) {
      refreshing ??= refresh().finally(() => (refreshing = undefined));
      await refreshing;
    }
    return session.access_token;
  }

  return {
    id: session.user.id,
    username,
    token,
    async history(conversationId) {
      const messages: Message[] = [];
      for (let more = true; more;) {
        const page = await api('readHistory', {
          token: await token(),
          params: { conversationId },
          query: { limit: 100, after_seq: messages.at(-1)?.seq ?? 0 },
        });
        messages.push(...page.messages);
        more = page.has_more;
      }
      return messages;
    },
    async logout() {
      await api('logout', { token: await token() });
    },
  };
}

function halfLife(session: Session): number {
  return Date.now() + session.expires_in * 500;
}
