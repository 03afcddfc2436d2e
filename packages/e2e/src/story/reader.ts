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
import { certainly, surely } from './outcome';
import { createShownState, freshPicture, type Picture, type ShownState } from './shownState';

/** Somebody's device in a story: it connects, keeps what it is told, and catches up after each reconnect. */
export interface Reader {
  readonly person: Person;
  readonly device: Device;
  readonly state: ShownState;
  /** Entries that it was sent: conversation and seq. */
  readonly sent: { conversationId: string; seq: number }[];
  isConnected(): boolean;
  /** Connects, and again whenever the connection is lost. */
  open(): Promise<void>;
  close(): void;
  /** Sync over REST. */
  syncByRest(): Promise<void>;
}

export interface ReaderOptions {
  node: number;
  urls: readonly string[];
  batch: boolean;
  brief: boolean;
  /** Told of each message that was written while the device was connected. */
  onArrival: (message: Message) => void;
}

/** Begins as a client does: the cursor first, then everything, then the line. */
export async function openReader(person: Person, options: ReaderOptions): Promise<Reader> {
  const { node, urls, batch, brief, onArrival } = options;
  const state = createShownState(person.id);
  const sent: Reader['sent'] = [];
  let catchingUp = 0;
  /** Events of memberships that began or ended. */
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

  /** What was changed while we were away (D7). A connection that is lost meanwhile begins another. */
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
      // Which of the two is newer cannot be told: the page is read again.
      if (memberships !== before) continue;
      const page = syncSchema.parse(answer.answer);
      state.sync(page);
      if (!page.has_more) return;
    }
  }

  const { cursor } = await certainly(async () => (await person.on(node).call('readSync')).body);
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
        const page = await certainly(
          async () => (await person.on(node).call('readSync', { query })).body,
        );
        state.sync(page);
        more = page.has_more;
      }
    },
  };
}

async function fetchAll(person: Person, state: ShownState): Promise<void> {
  for (const id of await conversationIds(person)) {
    // Refused when they were removed meanwhile; the sync that follows says so.
    const conversation = await surely(() => person.conversation(id));
    const history = await surely(() => person.history(id));
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
    const { body } = await certainly(() => person.call('listConversations', { query }));
    ids.push(...body.conversations.map(({ id }) => id));
    cursor = body.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return ids;
}

/** Everything of somebody's as a fresh client fetches it. */
export async function fetchPictures(person: Person): Promise<Record<string, Picture>> {
  const pictures: Record<string, Picture> = {};
  for (const id of await conversationIds(person)) {
    const history = await certainly(() => person.history(id));
    const conversation = await certainly(() => person.conversation(id));
    pictures[id] = freshPicture(person.id, conversation, history);
  }
  return pictures;
}
