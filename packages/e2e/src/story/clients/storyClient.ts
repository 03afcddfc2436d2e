import {
  conversationCreated,
  conversationRemoved,
  conversationUpdated,
  type Message,
  messageSchema,
  messagesReceived,
  syncSchema,
  unreadUpdated,
} from '@chasqui/protocol';
import type { Device, Person } from '@chasqui/testkit';
import { untilDone, untilKnown } from './outcome';
import { type ClientState, createClientState } from './clientState';
import { fetchedSnapshot, type Snapshot } from './snapshot';

/** A device in a story: it connects, maintains its state from events, and syncs after each reconnect. */
export interface StoryClient {
  readonly person: Person;
  readonly device: Device;
  readonly state: ClientState;
  /** Entries it received: conversation and seq. */
  readonly sent: { conversationId: string; seq: number }[];
  isConnected(): boolean;
  /** Connects, and reconnects after every loss. */
  open(): Promise<void>;
  close(): void;
  /** Sync over REST. */
  syncByRest(): Promise<void>;
}

export interface StoryClientOptions {
  node: number;
  urls: readonly string[];
  batch: boolean;
  brief: boolean;
  /** Called for each message that was sent while the device was connected. */
  onArrival: (message: Message) => void;
}

/** Starts like a client: fetches a cursor, then all data, then connects. */
export async function openStoryClient(
  person: Person,
  options: StoryClientOptions,
): Promise<StoryClient> {
  const { node, urls, batch, brief, onArrival } = options;
  const state = createClientState(person.id);
  const sent: StoryClient['sent'] = [];
  let catchingUp = 0;
  /** Number of membership events received. */
  let memberships = 0;
  let readyAt = Infinity;

  const arrive = (message: Message): void => {
    sent.push({ conversationId: message.conversation_id, seq: message.seq });
    state.message(message);
    if (Date.parse(message.created_at) > readyAt) onArrival(message);
  };

  const device = person.on(node).device({
    ...{ urls, batch, brief, allowsGaps: true, keepsFrames: false },
    onEvent(event, data) {
      if (event === 'session:ready') {
        readyAt = Date.now();
        void catchUp();
      }
      if (event === conversationCreated.name || event === conversationRemoved.name)
        memberships += 1;
      if (event === 'chat:message_received') arrive(messageSchema.parse(data));
      if (event === 'chat:messages_received') {
        messagesReceived.data.parse(data).messages.forEach(arrive);
      }
      if (event === 'chat:message_updated') state.changed(messageSchema.parse(data));
      if (event === conversationCreated.name)
        state.conversation(conversationCreated.data.parse(data));
      if (event === conversationUpdated.name)
        state.conversation(conversationUpdated.data.parse(data));
      if (event === conversationRemoved.name) {
        state.removed(conversationRemoved.data.parse(data).conversationId);
      }
      if (event === unreadUpdated.name) {
        const { conversationId, readSeq } = unreadUpdated.data.parse(data);
        state.read(conversationId, readSeq);
      }
    },
  });

  /** Syncs changes from the time offline (D7). Each new connection starts its own sync. */
  async function catchUp(): Promise<void> {
    const mine = ++catchingUp;
    while (mine === catchingUp && device.socket().connected) {
      const before = memberships;
      const answer = await device
        .ask('chat:sync', { cursor: state.cursor, limit: 50 })
        .catch(() => undefined);
      if (answer?.success !== true) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        continue;
      }
      // The page may be older than the event, so it is fetched again.
      if (memberships !== before) continue;
      const page = syncSchema.parse(answer.answer);
      state.sync(page);
      if (!page.has_more) return;
    }
  }

  const { cursor } = await untilDone(async () => (await person.on(node).call('readSync')).body);
  await fetchAll(person, state);
  state.cursor = cursor;

  return {
    person,
    device,
    state,
    sent,
    isConnected: () => device.isConnected(),
    open: () => device.stayConnected(),
    close: () => device.disconnect(),
    async syncByRest() {
      for (let more = true; more;) {
        const query = { cursor: state.cursor, limit: 50 };
        const page = await untilDone(
          async () => (await person.on(node).call('readSync', { query })).body,
        );
        state.sync(page);
        more = page.has_more;
      }
    },
  };
}

async function fetchAll(person: Person, state: ClientState): Promise<void> {
  for (const id of await conversationIds(person)) {
    // Refused after a removal, which the next sync reports.
    const conversation = await untilKnown(() => person.conversation(id));
    const history = await untilKnown(() => person.history(id));
    if (!('done' in conversation) || !('done' in history)) continue;
    state.conversation(conversation.done);
    history.done.forEach(state.message);
  }
}

async function conversationIds(person: Person): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: 100, cursor };
    const { body } = await untilDone(() => person.call('listConversations', { query }));
    ids.push(...body.conversations.map(({ id }) => id));
    cursor = body.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return ids;
}

/** All conversations of a person as a new client fetches them. */
export async function fetchSnapshots(person: Person): Promise<Record<string, Snapshot>> {
  const snapshots: Record<string, Snapshot> = {};
  for (const id of await conversationIds(person)) {
    const history = await untilDone(() => person.history(id));
    const conversation = await untilDone(() => person.conversation(id));
    snapshots[id] = fetchedSnapshot(person.id, conversation, history);
  }
  return snapshots;
}
