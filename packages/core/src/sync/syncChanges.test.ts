import { sqlState } from '@chasqui/db/testing';
import type { Conversation, Message } from '@chasqui/protocol';
import { type Randomness, withSeed } from '@chasqui/testkit';
import { openDeliveryNode, sendRequest, type DeliveryNode } from '../testing/coreNode';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { createFakeNetwork } from '../testing/fakes/fakeBus';
import type { ChatCore } from '../chatCore';
import type { SyncAnswer } from './syncChanges';

let room: DeliveryRoom;
let nodes: DeliveryNode[];
beforeAll(async () => {
  room = await openDeliveryRoom();
  const network = createFakeNetwork();
  nodes = [room.db, room.otherNode()].map((db) => openDeliveryNode(db, { bus: network.join() }));
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await room.close();
});

const core = (i = 0): ChatCore => (nodes[i] as DeliveryNode).core;

/** Somebody's device that was offline and builds what it shows from syncs alone. */
function createReplica(userId: string) {
  const conversations = new Map<string, Conversation>();
  const messages = new Map<string, Map<string, Message>>();
  let cursor: string | undefined;

  function apply(answer: SyncAnswer): void {
    for (const id of answer.removed) {
      conversations.delete(id);
      messages.delete(id);
    }
    for (const one of answer.conversations) {
      const known = messages.get(one.id) ?? new Map<string, Message>();
      // A new membership: entries before it are no longer visible.
      for (const [id, { seq }] of known) if (seq < one.my.joined_seq) known.delete(id);
      messages.set(one.id, known);
      conversations.set(one.id, one);
    }
    for (const message of answer.messages) {
      const known = messages.get(message.conversation_id);
      if (known === undefined) throw new Error('a message of an unknown conversation');
      if ((known.get(message.id)?.version ?? 0) <= message.version) known.set(message.id, message);
    }
    for (const receipt of answer.receipts) {
      const participants = conversations.get(receipt.conversation_id)?.participants ?? [];
      const at = participants.find(({ user_id }) => user_id === receipt.user_id);
      if (at === undefined) continue;
      at.delivered_seq = Math.max(at.delivered_seq, receipt.delivered_seq);
      at.read_seq = Math.max(at.read_seq, receipt.read_seq);
    }
  }

  return {
    /** From cursor to cursor until there is no more; returns what came. */
    async sync(limit: number, by = core()): Promise<SyncAnswer[]> {
      const pages: SyncAnswer[] = [];
      for (;;) {
        const answer = await by.sync.readChanges(userId, {
          limit,
          ...(cursor === undefined ? {} : { cursor }),
        });
        expect(answer.messages.length).toBeLessThanOrEqual(limit);
        expect(answer.conversations.length).toBeLessThanOrEqual(limit);
        cursor = answer.cursor;
        pages.push(answer);
        apply(answer);
        if (!answer.has_more) return pages;
        if (pages.length > 2_000) throw new Error('a sync without end');
      }
    },
    cursor: () => cursor ?? '',
    shown: () => show([...conversations.values()], (id) => [...(messages.get(id)?.values() ?? [])]),
  };
}

/** What a client shows; the status of a message is as of the moment it was written. */
function show(conversations: Conversation[], messagesOf: (id: string) => Message[]): unknown {
  const still = <T extends { status: string } | null>(message: T): T =>
    message === null ? message : { ...message, status: '' };
  return conversations
    .sort((a, b) => a.id.localeCompare(b.id))
    .map((one) => ({
      ...one,
      last_message: still(one.last_message),
      messages: messagesOf(one.id)
        .sort((a, b) => a.seq - b.seq)
        .map(still),
    }));
}

/** What a fresh client fetches. */
async function fresh(userId: string): Promise<unknown> {
  const { items } = await core().conversations.list(userId, { limit: 100 });
  const messages = new Map<string, Message[]>();
  for (const { id } of items) {
    const page = await core().messages.readHistory(userId, id, { limit: 10_000 });
    messages.set(id, page.messages);
  }
  return show(items, (id) => messages.get(id) ?? []);
}

test('[D7] the first change of an instance lies after the first cursor', async () => {
  const [ana, ben] = await room.users('first', 'second');
  const replica = createReplica(ben);
  await replica.sync(50);
  // This is the first line of the change log.
  const { conversation } = await core().conversations.createDirect(ana, ben);
  await core().messages.send(sendRequest(conversation.id, ana));
  await replica.sync(50);
  expect(replica.shown()).toEqual(await fresh(ben));
  const again = await replica.sync(50);
  expect(again).toMatchObject([{ conversations: [], messages: [], has_more: false }]);
});

test('[D7] a sync without a cursor returns only a cursor', async () => {
  const [ana, ben] = await room.users('no-cursor-ana', 'no-cursor-ben');
  const { conversation } = await core().conversations.createDirect(ana, ben);
  await core().messages.send(sendRequest(conversation.id, ana));
  const answer = await core().sync.readChanges(ben, { limit: 10 });
  expect(answer).toEqual({
    conversations: [],
    removed: [],
    messages: [],
    receipts: [],
    cursor: answer.cursor,
    has_more: false,
  });
  expect(await core().sync.readChanges(ben, { limit: 10, cursor: answer.cursor })).toMatchObject({
    conversations: [],
    messages: [],
  });
});

test('[D7] pages of one item hold every change exactly once', async () => {
  const [ana, ben] = await room.users('pages-ana', 'pages-ben');
  const replica = createReplica(ben);
  await replica.sync(50);
  const groups = await Promise.all(
    ['One', 'Two', 'Three'].map((title) => core().conversations.createGroup(ana, title, [ben])),
  );
  for (const { id } of groups) {
    for (let i = 0; i < 4; i += 1) await core().messages.send(sendRequest(id, ana));
  }
  await replica.sync(1);
  expect(replica.shown()).toEqual(await fresh(ben));

  const [first] = groups as [Conversation];
  const { messages } = await core().messages.readHistory(ana, first.id, { limit: 100 });
  for (const { id } of messages.slice(1)) await core().messages.addReaction(ana, id, '👍');
  await core().messages.send(sendRequest(first.id, ana));
  const pages = await replica.sync(1);
  const received = pages.flatMap((page) => page.messages.map(({ seq }) => seq));
  expect(received).toEqual([2, 3, 4, 5, 6]);
  expect(replica.shown()).toEqual(await fresh(ben));
});

test('[D7] a change in a page that was already read is in a later page of the same sync', async () => {
  const [ana, ben] = await room.users('ana_walk', 'ben_walk');
  const { cursor } = await core().sync.readChanges(ben, { limit: 1 });
  const messages = [];
  for (let i = 0; i < 2; i += 1) {
    const { id } = await core().conversations.createGroup(ana, 'A group', [ben]);
    messages.push((await core().messages.send(sendRequest(id, ana))).message);
  }
  const walked: string[] = [];
  let page = await core().sync.readChanges(ben, { limit: 3, cursor });
  const [behind] = messages.filter(({ id }) => page.messages.some((one) => one.id === id));
  if (behind === undefined) throw new Error('the first page held no message');
  await core().messages.addReaction(ana, behind.id, '👍');
  while (page.has_more) {
    page = await core().sync.readChanges(ben, { limit: 3, cursor: page.cursor });
    walked.push(...page.messages.map(({ id, version }) => `${id} ${version}`));
  }
  const [row] = await room.rows('SELECT version FROM messages WHERE id = $1', behind.id);
  expect(walked).toContain(`${behind.id} ${String(row?.[0])}`);
});

test('[D7] more open conversations than one call closes are returned once', async () => {
  const [ana, ben] = await room.users('many-ana', 'many-ben');
  const replica = createReplica(ben);
  await replica.sync(50);
  for (let i = 0; i < 21; i += 1) {
    await Promise.all(
      Array.from({ length: 10 }, () => core().conversations.createGroup(ana, 'Group', [ben])),
    );
  }
  const first = await replica.sync(100);
  expect(first.flatMap(({ conversations }) => conversations)).toHaveLength(210);
  expect(await replica.sync(100)).toMatchObject([{ conversations: [], has_more: false }]);
});

test('[D7] under concurrent changes, syncs add up to a fresh fetch', () =>
  withSeed(async (random) => {
    const names = ['ana', 'ben', 'cleo', 'dan'].map((name) => `${name}-${random.seed}`);
    const users = await room.users(...names);
    const [ana, ben, cleo, dan] = users as [string, string, string, string];
    // Two devices per user, offline from the beginning, with pages of different sizes.
    const replicas = users.flatMap((userId) =>
      [1 + random.below(5), 50].map((limit) => ({ limit, userId, replica: createReplica(userId) })),
    );
    for (const { replica } of replicas) await replica.sync(50);
    const ids = [
      (await core().conversations.createDirect(ana, ben)).conversation.id,
      (await core().conversations.createDirect(cleo, ana)).conversation.id,
      (await core().conversations.createGroup(ana, 'All', [ben, cleo, dan])).id,
      (await core().conversations.createGroup(ana, 'Some', [ben, dan])).id,
    ];
    const groups = ids.slice(2);
    const devices = await Promise.all(
      users.map((userId, i) => (nodes[i % 2] as DeliveryNode).connect(userId)),
    );
    const known: { id: string; conversationId: string; seq: number }[] = [];
    const end = performance.now() + 3_500;
    /**
     * Refusals are expected, such as changes by users who have just left. On a slow machine the pool may time out; a
     * deadlock is a bug.
     */
    const attempt = async (work: Promise<unknown>): Promise<void> => {
      const expected = ['NotFoundError', 'ForbiddenError', 'ValidationError', 'ConflictError'];
      await work.catch((error: Error) => {
        const slow = error.name === 'UnavailableError' && sqlState(error) === undefined;
        if (!slow && !expected.includes(error.name)) throw error;
      });
    };
    async function act(mine: Randomness): Promise<void> {
      const by = core(mine.below(2));
      const userId = mine.pick(users);
      const conversationId = mine.pick(ids);
      const dice = mine.below(20);
      if (dice < 7 || known.length === 0) {
        await attempt(
          by.messages
            .send(sendRequest(conversationId, userId))
            .then(({ message }) =>
              known.push({ id: message.id, conversationId, seq: message.seq }),
            ),
        );
        return;
      }
      const message = mine.pick(known.slice(-20));
      if (dice < 9) await attempt(by.messages.edit(userId, message.id, `edit ${mine.next()}`));
      else if (dice < 10) await attempt(by.messages.delete(userId, message.id));
      else if (dice < 12)
        await attempt(by.messages.addReaction(userId, message.id, mine.pick(['👍', '👀'])));
      else if (dice < 13) await attempt(by.messages.removeReaction(userId, message.id, '👍'));
      else if (dice < 16) {
        const status = mine.pick(['delivered', 'read'] as const);
        const device = devices[mine.below(4)];
        if (device !== undefined) {
          await attempt(
            device.live.acknowledge(
              { conversationId: message.conversationId, seq: message.seq },
              status,
            ),
          );
        }
      } else if (dice < 17)
        await attempt(by.receipts.acknowledge(userId, { messageId: message.id }, 'read'));
      else if (dice < 18) await attempt(by.members.remove(ana, mine.pick(groups), dan));
      else if (dice < 19) await attempt(by.members.add(ana, mine.pick(groups), dan, 'member'));
      else
        await attempt(
          by.conversations.change(ana, mine.pick(groups), { title: `Title ${mine.below(9)}` }),
        );
    }
    const actors = Array.from({ length: 6 }, async () => {
      while (performance.now() < end) await act(random);
    });
    const readers = replicas.map(async ({ limit, replica }, i) => {
      while (performance.now() < end) {
        await attempt(replica.sync(limit, core(i % 2)));
        // Stay offline for a while.
        for (let turn = random.below(40); turn > 0; turn -= 1) {
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    });
    await Promise.all([...actors, ...readers]);

    for (const { limit, userId, replica } of replicas) {
      await replica.sync(limit);
      expect(replica.shown()).toEqual(await fresh(userId));
      expect(await replica.sync(limit)).toMatchObject([
        { messages: [], conversations: [], receipts: [] },
      ]);
    }
  }));
