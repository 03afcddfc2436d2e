import { randomUUID } from 'node:crypto';
import { sendRequest } from '../testing/coreNode';
import { nameOf, openSendRoom, type SendRoom } from '../testing/sendRoom';
import { createDirect } from '../conversations/createDirect';
import { readMessageById } from '../messages/readMessages';

let room: SendRoom;
let ana: string;
let ben: string;
let eve: string;
beforeAll(async () => {
  room = await openSendRoom();
  ({ ana, ben, eve } = room);
});
afterAll(() => room.close());

test('[D1] a send is announced once, after its commit and after its reply', async () => {
  const conversationId = await room.newGroup(ben);
  const { message, repeated } = await room.node().send(sendRequest(conversationId, ana));
  expect(repeated).toBe(false);
  expect(message).toEqual(await readMessageById(room.db, message.id));
  const mine = room.node().announced.filter((one) => one.conversationId === conversationId);
  expect(mine.flatMap(({ sends }) => sends.map((one) => one.message))).toEqual([message]);
});

describe('[D3] seqs and versions', () => {
  test('seqs have no gaps and commit in order under 200 concurrent sends on two nodes', async () => {
    const conversationId = await room.newGroup(ben, eve);
    const from = room.node().announced.length;
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, i) => {
        // Every fifth is a repeat, every seventh fails.
        const clientMessageId = i % 5 === 0 ? 'again' : `id ${i}`;
        const replyToId = i % 7 === 0 ? randomUUID() : null;
        const request = sendRequest(conversationId, [ana, ben, eve][i % 3] ?? ana, {
          clientMessageId,
          replyToId,
        });
        return room
          .node(i % 2)
          .send(request)
          .catch((error: Error) => error.name);
      }),
    );
    const stored = results.flatMap((one) =>
      typeof one === 'object' && !one.repeated ? [one.message.seq] : [],
    );
    const all = (await room.seqs(conversationId)) as number[];
    expect(all).toEqual(Array.from({ length: stored.length + 1 }, (_, i) => i + 1));
    expect(new Set(stored).size).toBe(stored.length);
    for (const { announced } of room.nodes) {
      const seqs = announced
        .slice(from)
        .filter((one) => one.conversationId === conversationId)
        .flatMap(({ sends }) => sends.map(({ entry }) => entry.seq));
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    }
    const [row] = await room.rows(
      'SELECT last_seq, version FROM conversations WHERE id = $1',
      conversationId,
    );
    expect(row).toEqual([String(all.length), String(all.length)]);
  });

  test('seqs follow the order of the sends of one sender (fault 21) across several batches', async () => {
    const conversationId = await room.newGroup(ben);
    const answered: number[] = [];
    await Promise.all(
      Array.from({ length: 500 }, (_, i) =>
        room
          .node()
          .send(sendRequest(conversationId, ana, { contentEncrypted: String(i) }))
          .then(({ message }) => answered.push(message.seq)),
      ),
    );
    expect(answered).toEqual([...answered].sort((a, b) => a - b));
    const contents = await room.rows(
      'SELECT content_encrypted FROM messages WHERE conversation_id = $1 AND seq > 1 ORDER BY seq',
      conversationId,
    );
    expect(contents.flat()).toEqual(Array.from({ length: 500 }, (_, i) => String(i)));
  });

  test('seqs are not used by refused sends of non-participants, with bad replies or to unknown conversations', async () => {
    const conversationId = await room.newGroup(ben);
    const elsewhere = (await room.node().send(sendRequest(await room.newGroup(ben), ana))).message
      .id;
    const outcomes = await Promise.allSettled([
      room.node().send(sendRequest(conversationId, eve)),
      room.node().send(sendRequest(randomUUID(), ana)),
      room.node().send(sendRequest(conversationId, ana, { replyToId: elsewhere })),
      room.node().send(sendRequest(conversationId, ana)),
    ]);
    expect(outcomes.map(nameOf)).toEqual([
      'NotFoundError',
      'NotFoundError',
      'ValidationError',
      'ok',
    ]);
    const events = await room.rows(
      'SELECT id FROM messages WHERE conversation_id = $1 AND seq = 1',
      conversationId,
    );
    await expect(
      room.node().send(sendRequest(conversationId, ana, { replyToId: String(events[0]?.[0]) })),
    ).rejects.toMatchObject({ name: 'ValidationError' });
    expect(await room.seqs(conversationId)).toEqual([1, 2]);
  });
});

describe('[R6] pending recipients', () => {
  test('a recipient becomes pending once until they acknowledge, and a sender only through messages of another', async () => {
    const [cleo, dan] = await room.users(`cleo${randomUUID()}`, `dan${randomUUID()}`);
    const { conversation } = await createDirect(room, cleo, dan);
    const lone = room.openNode(room.db);
    await lone.send(sendRequest(conversation.id, cleo));
    await lone.send(sendRequest(conversation.id, cleo));
    expect(lone.waiting).toEqual([dan]);
    await Promise.all([
      lone.send(sendRequest(conversation.id, cleo)),
      lone.send(sendRequest(conversation.id, dan)),
    ]);
    expect(lone.waiting).toEqual([dan, cleo]);
  });
});
