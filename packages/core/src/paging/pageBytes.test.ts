import { PAGE_MAX_BYTES } from '@chasqui/protocol';
import { openDeliveryNode, sendRequest, type DeliveryNode } from '../testing/coreNode';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { encodedBytes, fitPage, messageBytesAtMost } from './pageBytes';

let room: DeliveryRoom;
let node: DeliveryNode;
beforeAll(async () => {
  room = await openDeliveryRoom();
  node = openDeliveryNode(room.db);
});
afterAll(async () => {
  await node.stop();
  await room.close();
});

// As large as content can be: each character is escaped, so its JSON takes twice the bytes.
const LARGEST = '"'.repeat(49_152);
const COUNT = 25;

/** A page as it goes over the wire. */
function checked<P>(page: P): P {
  expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(PAGE_MAX_BYTES);
  return page;
}

async function largeConversation(name: string) {
  const [ana, ben] = await room.users(`${name}-ana`, `${name}-ben`);
  const start = await node.core.sync.readChanges(ben, { limit: 100 });
  const { conversation } = await node.core.conversations.createDirect(ana, ben);
  for (let i = 0; i < COUNT; i += 1) {
    await node.core.messages.send({
      ...sendRequest(conversation.id, ana),
      contentEncrypted: LARGEST,
    });
  }
  const seqs = Array.from({ length: COUNT }, (_, i) => i + 1);
  return { ana, ben, id: conversation.id, cursor: start.cursor, seqs };
}

test('a page of history stays below 1 MiB, and each way of paging shows every entry once', async () => {
  const { ben, id, seqs } = await largeConversation('history');
  const read = async (place: object) =>
    checked(await node.core.messages.readHistory(ben, id, { limit: 100, ...place }));

  const backward: number[] = [];
  for (let beforeSeq: number | undefined, more = true; more;) {
    const page = await read({ beforeSeq });
    backward.unshift(...page.messages.map(({ seq }) => seq));
    beforeSeq = page.messages[0]?.seq;
    more = page.has_more;
  }
  expect(backward).toEqual(seqs);

  const forward: number[] = [];
  for (let afterSeq = 0, more = true; more;) {
    const page = await read({ afterSeq });
    forward.push(...page.messages.map(({ seq }) => seq));
    afterSeq = page.messages.at(-1)?.seq ?? Infinity;
    more = page.has_more;
  }
  expect(forward).toEqual(seqs);

  const byOffset: number[] = [];
  for (let offset = 0, more = true; more; offset = byOffset.length) {
    const page = await read({ offset });
    byOffset.unshift(...page.messages.map(({ seq }) => seq));
    more = page.has_more;
  }
  expect(byOffset).toEqual(seqs);
});

test('[D7] pages of a sync stay below 1 MiB and hold every change once', async () => {
  const { ben, id, cursor, seqs } = await largeConversation('sync');
  const received: number[] = [];
  let page = checked(await node.core.sync.readChanges(ben, { limit: 100, cursor }));
  for (;;) {
    received.push(
      ...page.messages.filter((one) => one.conversation_id === id).map(({ seq }) => seq),
    );
    if (!page.has_more) break;
    page = checked(await node.core.sync.readChanges(ben, { limit: 100, cursor: page.cursor }));
  }
  expect(received).toEqual(seqs);
  const rest = await node.core.sync.readChanges(ben, { limit: 100, cursor: page.cursor });
  expect(rest).toMatchObject({ messages: [], conversations: [], has_more: false });
});

test('pages of conversations stay below 1 MiB and hold each once, and so do those of a sync', async () => {
  const [ana] = await room.users('list-ana');
  const others = await room.users(...Array.from({ length: COUNT }, (_, i) => `list-${i}`));
  const { cursor } = await node.core.sync.readChanges(ana, { limit: 100 });
  const made = [];
  for (const other of others) {
    const { conversation } = await node.core.conversations.createDirect(other, ana);
    const request = { ...sendRequest(conversation.id, other), contentEncrypted: LARGEST };
    await node.core.messages.send(request);
    made.unshift(conversation.id);
  }

  const listed: string[] = [];
  for (let next: string | null | undefined; next !== null;) {
    const place = { limit: 100, ...(next === undefined ? {} : { cursor: next }) };
    const page = checked(await node.core.conversations.list(ana, place));
    listed.push(...page.items.map(({ id }) => id));
    next = page.nextCursor;
  }
  expect(listed).toEqual(made);

  const synced: string[] = [];
  const messages: string[] = [];
  for (let next = cursor, more = true; more;) {
    const page = checked(await node.core.sync.readChanges(ana, { limit: 100, cursor: next }));
    synced.push(...page.conversations.map(({ id }) => id));
    messages.push(...page.messages.map((one) => one.conversation_id));
    next = page.cursor;
    more = page.has_more;
  }
  expect(synced.sort()).toEqual([...made].sort());
  expect(messages.sort()).toEqual([...made].sort());
});

test('the bound for a message is never below its JSON, and one item always fits', async () => {
  const { ben, id } = await largeConversation('bound');
  const { messages } = await node.core.messages.readHistory(ben, id, { limit: 1 });
  const [message] = messages;
  if (message === undefined) throw new Error('there is no message');
  const user_ids = Array.from({ length: 50_000 }, () => id);
  for (const one of [
    message,
    { ...message, client_message_id: '\u0001'.repeat(128), content_encrypted: '€'.repeat(16_384) },
    { ...message, reactions: [{ emoji: '👍', user_ids }] },
    { ...message, event: { type: 'added' as const, user_ids } },
  ]) {
    expect(messageBytesAtMost(one)).toBeGreaterThanOrEqual(encodedBytes(one));
    expect(fitPage([one, one], messageBytesAtMost).length).toBeGreaterThan(0);
  }
});
