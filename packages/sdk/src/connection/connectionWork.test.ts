import { type Conversation, type Message, messageDelivered, sync } from '@chasqui/protocol';
import { createFakeClock, until } from '@chasqui/testkit';
import { createModelServer } from '../testing/modelServer';
import { encodedNotEncrypted } from '../crypto/encodedNotEncrypted';
import { createSerialQueue } from '../scheduling/serialQueue';
import { createFetcher } from '../sync/fetcher';
import { selectMessages } from '../state/selectors';
import { createStore } from '../state/store';
import { startConnectionWork } from './connectionWork';
import type { Rest } from '../transport/rest';
import type { ChatSocket } from '../transport/socket';

/** A connection to a model server. The test decides which events arrive, when and how often. */
function connect(sends: number) {
  const server = createModelServer({ groups: 1 });
  for (let which = 0; which < sends; which += 1)
    server.do({ kind: 'send', group: 0, who: 1, which });
  const { conversations, history } = server.fresh();
  const [conversation] = conversations;
  if (conversation === undefined) throw new Error('there is no conversation');

  const store = createStore();
  const user = {
    id: server.me,
    username: 'me',
    display_name: 'Me',
    created_at: '',
    presence: null,
  };
  store.dispatch({ type: 'signed in', user });
  store.dispatch({ type: 'restored', cursor: 'now', conversations: [], entries: [] });
  store.dispatch({ type: 'conversations read', conversations });

  const sent: string[] = [];
  const socket: ChatSocket = {
    async request({ name }, answer, data) {
      if (name === messageDelivered.name) sent.push(JSON.stringify(data));
      const nothing = { conversations: [], removed: [], messages: [], receipts: [] };
      return answer.parse(name === sync.name ? { ...nothing, cursor: 'now', has_more: false } : {});
    },
    close: () => undefined,
  };
  const requests: string[] = [];
  const rest: Rest = {
    async call({ path }, answer, { query = {} } = {}) {
      requests.push(`${path} ${JSON.stringify(query)}`);
      const { after_seq: after = 0, limit = 50 } = query;
      const messages = history.filter(({ seq }) => seq > Number(after)).slice(0, Number(limit));
      return answer.parse({ messages, has_more: false });
    },
  };
  const clock = createFakeClock();
  const enqueue = createSerialQueue();
  const guard = { enqueue, memberships: () => 0 };
  const arrived: number[] = [];
  let isLive = false;
  const work = startConnectionWork({
    ...{ ...guard, socket, store, rest, clock, cipher: encodedNotEncrypted, random: () => 0 },
    fetcher: createFetcher({ ...guard, rest, store, cipher: encodedNotEncrypted }),
    onMembership: () => undefined,
    onProgress: () => undefined,
    onCaughtUp: () => (isLive = true),
    onBroken: (error) => {
      throw error;
    },
    onArrived: (entries) => arrived.push(...entries.map(({ seq }) => seq)),
    onSeen: () => undefined,
  });
  const frame = (...seqs: number[]): void =>
    work.handle('chat:messages_received', { messages: seqs.map((seq) => history[seq - 1]) });
  const live = async (): Promise<void> => {
    work.handle('chat:queue_empty', { delivered: 0 });
    await until('it is live', () => isLive);
  };
  const shown = (): number[] =>
    selectMessages(store.getState(), conversation.id).map(({ seq }) => seq);
  return { work, frame, live, shown, arrived, sent, requests, clock, conversation, history };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('[D4] a repeated entry is reported once and acknowledged again', async () => {
  const { frame, live, arrived, shown, sent, clock } = connect(20);
  frame(...range(2, 6));
  frame(...range(4, 8));
  await live();
  frame(8, 9);
  await until('nine is shown', () => shown().includes(9));
  expect(arrived).toEqual(range(2, 9));
  expect(shown()).toEqual(range(2, 9));
  clock.advance(50);
  expect(sent).toHaveLength(1);
  expect(sent[0]).toContain('"seq":9');
});

test('[D3] a gap is fetched once, and messages stay in order', async () => {
  const { frame, live, arrived, shown, requests } = connect(300);
  frame(2, 3);
  await live();
  frame(250);
  frame(251);
  await until('the gap is filled', () => shown().length === 250);
  expect(shown()).toEqual(range(2, 251));
  expect(arrived).toEqual([2, 3, 250, 251]);
  expect(requests.map((one) => one.replace(/^\S+ /, ''))).toEqual([
    '{"after_seq":3,"limit":100}',
    '{"after_seq":103,"limit":100}',
    '{"after_seq":203,"limit":46}',
  ]);
});

test('[D3] a gap of more than 500 entries is left to loadOlder', async () => {
  const { frame, live, shown, requests } = connect(700);
  frame(2);
  await live();
  frame(601);
  frame(602);
  await until('the newest is shown', () => shown().length === 2);
  expect(shown()).toEqual([601, 602]);
  expect(requests).toEqual([]);
});

test('an entry of an unknown kind keeps its seq and is acknowledged, but not shown', async () => {
  const { work, frame, live, shown, sent, clock, history } = connect(5);
  frame(2, 3);
  const strange = { ...history[3], kind: 'poll', question: 'Why?' };
  work.handle('chat:message_received', strange satisfies Omit<Partial<Message>, 'kind'>);
  await live();
  frame(5);
  await until('five is shown', () => shown().includes(5));
  expect(shown()).toEqual([2, 3, 5]);
  clock.advance(50);
  expect(sent.at(-1)).toContain('"seq":5');
});

test('an entry of an unknown conversation makes the client fetch it; malformed events are ignored', async () => {
  const { work, live, requests, conversation } = connect(1);
  await live();
  const elsewhere: Conversation['id'] = crypto.randomUUID();
  work.handle('chat:message_received', { kind: 'message', seq: 'one' });
  work.handle('chat:message_received', null);
  work.handle('chat:something_new', { conversationId: conversation.id });
  const entry = { id: crypto.randomUUID(), conversation_id: elsewhere, seq: 1, version: 1 };
  work.handle('chat:message_received', { ...entry, kind: 'new' });
  await until('it is fetched', () => requests.length > 0);
  expect(requests).toEqual([expect.stringMatching(/^\/api\/conversations\/:id /)]);
});
