import { sendRequest } from '../testing/coreNode';
import { nameOf, openSendRoom, type SendRoom } from '../testing/sendRoom';
import { removeParticipant } from '../members/removeParticipant';
import type { SendRequest, SendResult } from './send';
import { deleteMessage } from '../messages/deleteMessage';
import { editMessage } from '../messages/editMessage';

let room: SendRoom;
let ana: string;
let ben: string;
beforeAll(async () => {
  room = await openSendRoom();
  ({ ana, ben } = room);
});
afterAll(() => room.close());

describe('[D2] a repeated client message id', () => {
  test('a repeat returns the first message, even when both are sent concurrently on two nodes', async () => {
    for (let round = 0; round < 10; round += 1) {
      const conversationId = await room.newDirect();
      const before = (await room.seqs(conversationId)).length;
      const request = sendRequest(conversationId, ana, { clientMessageId: `id ${round}` });
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) => room.node(i % 2).send({ ...request })),
      );
      expect(new Set(results.map(({ message }) => message.id)).size).toBe(1);
      expect(results.filter(({ repeated }) => !repeated)).toHaveLength(1);
      expect(await room.seqs(conversationId)).toHaveLength(before + 1);
    }
  });

  test('a client message id is independent of the same id in another conversation or by another sender', async () => {
    const [one, two] = [await room.newGroup(ben), await room.newGroup(ben)];
    const clientMessageId = 'same';
    const results = await Promise.all([
      room.node().send(sendRequest(one, ana, { clientMessageId })),
      room.node().send(sendRequest(one, ben, { clientMessageId })),
      room.node().send(sendRequest(two, ana, { clientMessageId })),
    ]);
    expect(results.map(({ repeated }) => repeated)).toEqual([false, false, false]);
  });

  test('a repeat is a conflict with different content, type or reply, even after an edit or a deletion', async () => {
    const conversationId = await room.newGroup(ben);
    const first = await room.node().send(sendRequest(conversationId, ana));
    const request = sendRequest(conversationId, ana, {
      clientMessageId: 'once',
      contentEncrypted: 'first',
    });
    const { message } = await room.node().send(request);
    const others: Partial<SendRequest>[] = [
      { contentEncrypted: 'other' },
      { messageType: 'voice' },
      { replyToId: first.message.id },
    ];
    const expectConflicts = async (): Promise<void> => {
      for (const other of others) {
        await expect(room.node(1).send({ ...request, ...other })).rejects.toMatchObject({
          name: 'ConflictError',
        });
      }
    };
    await expectConflicts();

    await editMessage(room, ana, message.id, 'edited');
    // A repeat is compared with the original send, not with the current state.
    expect(await room.node(1).send(request)).toMatchObject({
      repeated: true,
      message: { id: message.id, content_encrypted: 'edited' },
    });
    await expect(
      room.node().send({ ...request, contentEncrypted: 'edited' }),
    ).rejects.toMatchObject({
      name: 'ConflictError',
    });
    await expectConflicts();

    await deleteMessage(room, ana, message.id);
    expect(await room.node().send(request)).toMatchObject({
      repeated: true,
      message: { id: message.id, content_encrypted: null, seq: message.seq },
    });
    await expectConflicts();
    expect(await room.seqs(conversationId)).toEqual([1, 2, 3]);
  });

  test('one batch stores the first send and answers the second as its repeat', async () => {
    const conversationId = await room.newGroup(ben);
    const request = sendRequest(conversationId, ana, { clientMessageId: 'twice' });
    const order: string[] = [];
    const named = async (name: string, sent: SendRequest): Promise<SendResult> => {
      const result = await room.node().send(sent);
      order.push(name);
      return result;
    };
    const [a, b, c, d] = await Promise.allSettled([
      named('a', request),
      named('b', { ...request }),
      named('c', { ...request, contentEncrypted: 'other' }),
      named('d', sendRequest(conversationId, ana)),
    ]);
    expect([a, b, c, d].map(nameOf)).toEqual(['ok', 'ok', 'ConflictError', 'ok']);
    expect(order[0]).toBe('a');
    expect(await room.seqs(conversationId)).toEqual([1, 2, 3]);
  });

  test('a repeat is a NotFoundError after the sender was removed', async () => {
    const conversationId = await room.newGroup(ben);
    const request = sendRequest(conversationId, ben, { clientMessageId: 'mine' });
    await room.node().send(request);
    await removeParticipant(room, ana, conversationId, ben);
    await expect(room.node().send(request)).rejects.toMatchObject({ name: 'NotFoundError' });
  });
});
