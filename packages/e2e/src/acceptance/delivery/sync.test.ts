import type { Conversation, Message } from '@chasqui/protocol';
import { type Person, withoutStatus } from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../../testing/acceptanceSuite';

// D7: after a reconnect and a sync a device shows what a fresh fetch shows.

const suite = setUpAcceptanceSuite({ nodes: 2, worker: false });

/** A client's state, where the higher version wins. */
interface Shown {
  cursor: string | undefined;
  conversations: Map<string, Conversation>;
  messages: Map<string, Message>;
}

async function fetchAll(person: Person): Promise<Omit<Shown, 'cursor'>> {
  const conversations = new Map<string, Conversation>();
  const messages = new Map<string, Message>();
  let cursor: string | undefined;
  do {
    const { body } = await person.call('listConversations', { query: { limit: 100, cursor } });
    for (const one of body.conversations)
      conversations.set(one.id, await person.conversation(one.id));
    cursor = body.next_cursor ?? undefined;
  } while (cursor !== undefined);
  for (const id of conversations.keys()) {
    for (const message of await person.history(id)) messages.set(message.id, message);
  }
  return { conversations, messages };
}

async function sync(person: Person, shown: Shown, limit = 7): Promise<void> {
  for (let more = true, pages = 0; more; pages++) {
    if (pages > 500) throw new Error('the sync does not end');
    const { body } = await person.call('readSync', { query: { cursor: shown.cursor, limit } });
    for (const one of body.conversations) {
      const known = shown.conversations.get(one.id);
      if (known === undefined || one.version >= known.version) shown.conversations.set(one.id, one);
    }
    for (const message of body.messages) {
      const known = shown.messages.get(message.id);
      if (known === undefined || message.version >= known.version) {
        shown.messages.set(message.id, message);
      }
    }
    for (const receipt of body.receipts) {
      const conversation = shown.conversations.get(receipt.conversation_id);
      const participant = conversation?.participants.find((one) => one.user_id === receipt.user_id);
      if (participant) Object.assign(participant, { ...participant, ...positionsOf(receipt) });
    }
    for (const id of body.removed) {
      shown.conversations.delete(id);
      for (const message of shown.messages.values()) {
        if (message.conversation_id === id) shown.messages.delete(message.id);
      }
    }
    shown.cursor = body.cursor;
    more = body.has_more;
  }
}

const positionsOf = ({ delivered_seq, read_seq }: { delivered_seq: number; read_seq: number }) => ({
  delivered_seq,
  read_seq,
});

function comparable({ conversations, messages }: Omit<Shown, 'cursor'>) {
  return {
    conversations: [...conversations.values()]
      .map(({ last_message, participants, ...rest }) => ({
        ...rest,
        last: last_message && withoutStatus(last_message),
        participants: [...participants].sort((a, b) => a.user_id.localeCompare(b.user_id)),
      }))
      .sort((a, b) => a.id.localeCompare(b.id)),
    messages: [...messages.values()]
      .map(withoutStatus)
      .sort((a, b) => a.conversation_id.localeCompare(b.conversation_id) || a.seq - b.seq),
  };
}

async function begin(person: Person): Promise<Shown> {
  // Fetches the cursor first, so changes during the fetch are delivered again instead of missed.
  const { cursor } = (await person.call('readSync')).body;
  return { cursor, ...(await fetchAll(person)) };
}

test('[D7] edits, deletions, reactions, receipts, titles, joins and removals are synced page by page', async () => {
  const { ana, ben, cleo, dora } = await suite.people.registerAll('ana', 'ben', 'cleo', 'dora');
  const direct = await suite.people.direct(ana, ben);
  const kept = await suite.people.group(ana, ben, cleo);
  const left = await suite.people.group(ana, ben);
  const quiet = await suite.people.group(ana, ben);
  const first: Message[] = [];
  for (let i = 0; i < 12; i++) first.push(await ana.send(direct.id, `old ${i}`));
  const inGroup = await ana.send(kept.id, 'old');
  await ana.send(left.id, 'old');
  await ana.send(quiet.id, 'old');
  const shown = await begin(ben);

  const old = (i: number) => ({ messageId: first[i]?.id ?? '' });
  await ana.call('editMessage', { params: old(3), body: { content_encrypted: 'edited' } });
  await ana.call('deleteMessage', { params: old(5) });
  await ana.call('addReaction', { params: old(7), body: { emoji: '👍' } });
  await ana.call('addReaction', { params: old(8), body: { emoji: '👍' } });
  await ana.call('removeReaction', { params: { ...old(8), emoji: '👍' } });
  for (let i = 0; i < 20; i++) await ana.send(direct.id, `new ${i}`);
  await ben.call('reportStatus', { params: old(4), body: { status: 'read' } });
  await cleo.call('reportStatus', { params: { messageId: inGroup.id }, body: { status: 'read' } });
  await ana.call('renameConversation', { params: { id: kept.id }, body: { title: 'renamed' } });
  await ana.call('addParticipant', { params: { id: kept.id }, body: { user_id: dora.id } });
  await ana.call('removeParticipant', { params: { id: kept.id, userId: cleo.id } });
  await ana.call('removeParticipant', { params: { id: left.id, userId: ben.id } });
  const added = await suite.people.group(ana, ben);
  await ana.send(added.id, 'hello');

  await sync(ben, shown);
  const fresh = await fetchAll(ben);
  expect(comparable(shown)).toEqual(comparable(fresh));
  expect(shown.conversations.has(left.id)).toBe(false);

  // A second sync returns nothing, and the cursor works on the other node as well.
  const { body } = await ben.on(1).call('readSync', { query: { cursor: shown.cursor } });
  expect(body).toMatchObject({ conversations: [], removed: [], messages: [], receipts: [] });
});

test('[D7] changes made on another node between the pages of a sync are not missed', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.direct(ana, ben);
  const shown = await begin(ben);
  const sent: Message[] = [];
  for (let i = 0; i < 30; i++) sent.push(await ana.send(id, `m${i}`));
  const writing = (async () => {
    for (let i = 0; i < 30; i++) {
      const params = { messageId: sent[i]?.id ?? '' };
      await ana.on(1).call('editMessage', { params, body: { content_encrypted: `edit ${i}` } });
      await ana.on(1).call('sendMessage', {
        body: { conversation_id: id, content_encrypted: `late ${i}` },
      });
    }
  })();
  for (let i = 0; i < 10; i++) await sync(ben, shown, 3);
  await writing;
  await sync(ben, shown, 3);
  expect(comparable(shown)).toEqual(comparable(await fetchAll(ben)));
});

test('[D7] a user who was removed and added again sees only the new membership', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.group(ana, ben);
  await ana.send(id, 'first time');
  const shown = await begin(ben);
  await ana.call('removeParticipant', { params: { id, userId: ben.id } });
  await ana.send(id, 'between');
  await ana.call('addParticipant', { params: { id }, body: { user_id: ben.id } });
  await ana.send(id, 'second time');
  await sync(ben, shown);
  const texts = [...shown.messages.values()].map(({ content_encrypted }) => content_encrypted);
  expect(texts).toContain('second time');
  expect(texts).not.toContain('between');
  const { joined_seq } = shown.conversations.get(id)?.my ?? { joined_seq: 0 };
  const now = [...shown.messages.values()].filter(({ seq }) => seq >= joined_seq);
  expect(now.map(({ id: messageId }) => messageId)).toEqual(
    (await ben.history(id)).map(({ id: messageId }) => messageId),
  );
});

test('[D7] a sync without a cursor returns only a current cursor', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.direct(ana, ben);
  await ana.send(id, 'old');
  const { body } = await ben.call('readSync');
  expect(body).toMatchObject({ messages: [], conversations: [], removed: [], has_more: false });
  await ana.send(id, 'new');
  const next = await ben.call('readSync', { query: { cursor: body.cursor } });
  expect(next.body.messages.map(({ seq }) => seq)).toEqual([2]);
});
