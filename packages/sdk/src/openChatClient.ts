import { deviceId as deviceIdSchema, messageSend, PROTOCOL } from '@chasqui/protocol';
import { createAccountActions } from './actions/accountActions';
import { createConversationActions } from './actions/conversationActions';
import { createMessageActions } from './actions/messageActions';
import { createPrivacyActions } from './actions/privacyActions';
import { createPeopleActions } from './actions/peopleActions';
import { createRequestActions } from './actions/requestActions';
import { createSessionActions } from './actions/sessionActions';
import type { ChatClient } from './chatClient';
import type { Cipher } from './crypto/cipher';
import { type Clock, systemClock } from './scheduling/clock';
import { sentEntry } from './transport/responses';
import { type ConnectionWork, startConnectionWork } from './connection/connectionWork';
import { createDriver } from './connection/connectionDriver';
import { createNetwork, type Network } from './transport/network';
import { createRest } from './transport/rest';
import { type ChatSocket, openChatSocket } from './transport/socket';
import type { Trace } from './transport/trace';
import { encodedNotEncrypted } from './crypto/encodedNotEncrypted';
import { decodeEntry, decodeMessage } from './crypto/decode';
import { OfflineError, SignedOutError } from './errors';
import { createSerialQueue } from './scheduling/serialQueue';
import type { Send } from './outbox/outbox';
import { createPendingSends } from './outbox/pendingSends';
import { createMessageListeners } from './sync/messageListeners';
import { randomId } from './crypto/randomId';
import { createFetcher } from './sync/fetcher';
import { type GetToken, refreshTokenRenewal, externalTokens } from './session/renewal';
import { openSession } from './session/session';
import { deleteServerData, listUnsentOfOthers } from './storage/userData';
import { createMemoryStorage } from './storage/memoryStorage';
import type { Storage } from './storage/storage';
import { createStore } from './state/store';
import { createSoleTab } from './tabs/soleTab';
import type { Tabs } from './tabs/tabs';
import { expireTyping } from './state/expireTyping';
import { openAccountSession, type AccountSession } from './session/accountSession';

export interface ChatClientOptions {
  /** The server's base URL: `https://chat.example.org`, or `https://example.org/chat` behind a proxy with that prefix. */
  readonly url: string;
  /** Stores the outbox, the session and a snapshot of the state. Default: memory, which does not survive the process. */
  readonly storage?: Storage;
  /** Coordinates clients that share the storage: `createTabs` in a browser. Default: this client uses it alone. */
  readonly tabs?: Tabs;
  /**
   * For users of an external issuer, instead of a password. Returns a fresh token of the embedding application, or null
   * once nobody is signed in there, which signs out here too. If it throws, the client calls it again later.
   */
  readonly getToken?: GetToken;
  /** Default: `encodedNotEncrypted`. */
  readonly cipher?: Cipher;
  /** Reports when the machine goes online or offline. Default: the browser's events; none in Node. */
  readonly network?: Network;
  readonly clock?: Clock;
  /** Returns a number in [0, 1). */
  readonly random?: () => number;
  /**
   * For diagnostics: called with everything sent and received over the connection, repeated events included. Records
   * contain message content and access tokens.
   */
  readonly trace?: Trace;
}

const DEVICE_KEY = 'device';

/**
 * Opens a client from its storage: with the last stored state, and signed in if it was before. It connects only when
 * `connect` is called. Rejects with StorageError when the storage cannot be used.
 */
export async function openChatClient(options: ChatClientOptions): Promise<ChatClient> {
  const { cipher = encodedNotEncrypted, clock = systemClock, random = Math.random } = options;
  const { storage = createMemoryStorage(), tabs = createSoleTab() } = options;
  const url = options.url.replace(/\/+$/, '');
  const store = createStore();
  const pendingSends = createPendingSends();
  const enqueue = createSerialQueue();
  const deviceId = await deviceOf(storage);

  let account: AccountSession | undefined;
  let socket: ChatSocket | undefined;
  let work: ConnectionWork | undefined;
  let isLeading = false;
  let memberships = 0;
  let clearing: Promise<void> = Promise.resolve();
  const guard = { enqueue, memberships: () => memberships };

  const external = options.getToken && externalTokens(options.getToken, url, clock);
  const session = await openSession({
    ...{ storage, tabs, clock },
    renew: external?.renew ?? refreshTokenRenewal(url),
    onRefused: () =>
      void closeAccount('refused', async (closing) => closing.abandon()).then(clearServerData),
  });
  const rest = createRest(url, session);
  const fetcher = createFetcher({ ...guard, rest, store, cipher });
  const people = createPeopleActions({ rest, clock, fetcher, socket: () => socket });
  const stopTyping = expireTyping(store, clock);
  const listeners = createMessageListeners(
    store,
    pendingSends,
    (id, ids) => void account?.outbox.arrived(id, ids),
  );

  const driver = createDriver({
    ...{ session, clock, random, network: options.network ?? createNetwork() },
    getConnection: () => store.getState().connection,
    setConnection: (connection) => store.dispatch({ type: 'connection changed', connection }),
    open: ({ token, ...handlers }) =>
      openChatSocket({
        ...{
          url,
          auth: { token, deviceId, batch: true, protocol: PROTOCOL },
          trace: options.trace,
        },
        ...handlers,
      }),
    onOpen(opened) {
      socket = opened;
      const begun = startConnectionWork({
        ...{ ...guard, socket: opened, store, rest, cipher, clock, random, fetcher },
        onMembership: () => void (memberships += 1),
        onProgress: (received, missing) => driver.progress(received, missing),
        onCaughtUp: () => driver.caughtUp(),
        onBroken: (error) => driver.drop(error),
        ...{ onArrived: listeners.arrived, onSeen: listeners.seen },
      });
      work = begun;
      account?.outbox.connect(sendBy(opened, begun));
      account?.reads.connect(opened);
      people.connected();
    },
    onEvent: (_from, name, data) => work?.handle(name, data),
    onClosed() {
      work?.stop();
      work = undefined;
      socket = undefined;
      account?.outbox.connect(undefined);
      account?.reads.connect(undefined);
    },
  });

  const sendBy =
    (by: ChatSocket, begun: ConnectionWork): Send =>
    async (entry) => {
      const { message } = await by.request(messageSend, sentEntry, {
        conversationId: entry.conversation_id,
        contentEncrypted: entry.content_encrypted,
        messageType: entry.message_type,
        clientMessageId: entry.client_message_id,
        ...(entry.reply_to_id === null ? {} : { replyToId: entry.reply_to_id }),
      });
      begun.answered(message.conversation_id, message.seq);
      return decodeEntry(cipher, message);
    };

  /** Once nobody is signed in, deletes local copies of server data. Unsent messages stay. */
  function clearServerData(): Promise<void> {
    clearing = clearing.then(() => deleteServerData(storage)).catch(() => undefined);
    return clearing;
  }

  async function openAccount(): Promise<void> {
    await clearing;
    const user = session.user();
    if (user === null) return;
    account = await openAccountSession(user, {
      ...{ storage, tabs, cipher, clock, random, store, pendingSends },
      isLeading: () => isLeading,
    });
    driver.signedIn();
  }

  async function closeAccount(
    reason: 'by the user' | 'refused',
    finish: (closing: AccountSession) => Promise<void>,
  ): Promise<void> {
    const closing = account;
    account = undefined;
    driver.signedOut(reason);
    pendingSends.giveUp(new SignedOutError());
    people.reset();
    const done = closing === undefined ? undefined : finish(closing);
    store.dispatch({ type: 'signed out' });
    await done;
  }

  /** Another tab signed in or out. */
  async function followSession(): Promise<void> {
    await session.reload();
    if (session.user()?.id === account?.user.id) return;
    if (account !== undefined)
      await closeAccount('by the user', async (closing) => closing.abandon());
    if (session.user() === null) await clearServerData();
    await openAccount();
  }

  const stopListening = tabs.listen((change) => {
    if (change === 'session') void enqueue(followSession);
    else void account?.outbox.reload();
  });
  tabs.lead(() => {
    isLeading = true;
    account?.lead();
  });
  // The session ended while this client was being closed, or in another tab that was closed before it could clean up.
  if (session.user() === null) await clearServerData();
  await openAccount();

  return {
    getState: store.getState,
    subscribe: store.subscribe,
    protection: cipher.protection,
    ...createAccountActions({
      ...{ url, rest, session, onSignedIn: openAccount, firstTokens: external?.first },
      onSigningOut: () => closeAccount('by the user', (closing) => closing.erase()),
    }),
    ...createSessionActions({ url, rest, session }),
    async countUnsentOfOthers() {
      return (await listUnsentOfOthers(storage, session.user()?.id)).length;
    },
    async discardUnsentOfOthers() {
      const keys = await listUnsentOfOthers(storage, session.user()?.id);
      await storage.write(keys.map((key) => ({ key })));
    },
    ...createPrivacyActions({
      ...{ url, rest, session, store },
      async onDeleted() {
        await closeAccount('by the user', (closing) => closing.erase());
        await session.end();
      },
    }),
    ...createConversationActions({ rest, store, fetcher }),
    ...createRequestActions({ rest, store, cipher, fetcher }),
    ...createMessageActions({
      ...{ rest, store, cipher, pendingSends },
      account() {
        if (account === undefined) throw new SignedOutError();
        return account;
      },
    }),
    decode: (message) => decodeMessage(cipher, message),
    setTyping: people.setTyping,
    setVisible: people.setVisible,
    findUsers: people.findUsers,
    watchUser: people.watchUser,
    onMessage: listeners.listen,
    connect: driver.connect,
    disconnect: driver.disconnect,
    async close() {
      driver.disconnect();
      driver.stop();
      stopTyping();
      stopListening();
      pendingSends.giveUp(new OfflineError('the client was closed'));
      await account?.close();
      account = undefined;
      tabs.close();
      await storage.close();
    },
  };
}

/** Returns the id of this installation. The server tracks acknowledgements per device (D4). */
async function deviceOf(storage: Storage): Promise<string> {
  const stored = deviceIdSchema.safeParse(await storage.get(DEVICE_KEY));
  if (stored.success) return stored.data;
  const made = randomId();
  await storage.write([{ key: DEVICE_KEY, value: made }]);
  return made;
}
