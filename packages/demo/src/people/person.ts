import { randomBytes } from 'node:crypto';
import { type ChatClient, type ChatMessage, isMessage, openChatClient } from '@chasqui/sdk';
import { patiently } from './patiently';
import { createWireLog, type WireLog } from './wireLog';

/** A user registered for the demo, with an SDK client. */
export interface Person {
  readonly id: string;
  readonly username: string;
  readonly client: ChatClient;
  readonly wire: WireLog;
  /** Messages of others that the client reported to the application, in order. */
  readonly shown: readonly ChatMessage[];
  /** Fetches all messages of a conversation with their statuses by REST, with a fresh client. */
  history(conversationId: string): Promise<ChatMessage[]>;
  /** Signs out and closes the client. */
  leave(): Promise<void>;
}

/** Registers `ana-1f3a` for `ana`. Does not connect. */
export async function register(url: string, name: string): Promise<Person> {
  const username = `${name}-${randomBytes(2).toString('hex')}`;
  const password = randomBytes(18).toString('base64url');
  // The username alone may repeat one of an earlier demo.
  const email = `${username}.${randomBytes(6).toString('hex')}@example.org`;
  const wire = createWireLog();
  const client = await openChatClient({ url, trace: wire.record });
  const shown: ChatMessage[] = [];
  client.onMessage((message) => shown.push(message));
  const { id } = await patiently('The registration', () =>
    client.signUp({ username, email, password }),
  );

  return {
    ...{ id, username, client, wire, shown },
    async history(conversationId) {
      const fresh = await openChatClient({ url });
      try {
        await patiently('A sign-in', () => fresh.signIn({ username, password }));
        const page = (work: () => Promise<unknown>) => patiently('Reading the history', work);
        await page(() => fresh.openConversation(conversationId));
        while (await page(() => fresh.loadOlder(conversationId, 100)));
        return (fresh.getState().entriesByConversation[conversationId] ?? []).filter(isMessage);
      } finally {
        await fresh.signOut();
        await fresh.close();
      }
    },
    async leave() {
      client.disconnect();
      await client.signOut();
      await client.close();
    },
  };
}
