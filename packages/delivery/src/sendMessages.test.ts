import { randomUUID } from 'node:crypto';
import type { Database } from '@pern/db/connect';
import { openDeliveryRoom, type DeliveryRoom } from '@pern/testing/deliveryRoom';
import { createFakeClock, type FakeClock } from '@pern/testing/fakeClock';
import { sendRequest } from '@pern/testing/deliveryNode';
import { noGauges } from '@pern/testing/noGauges';
import { quietLog } from '@pern/testing/quietLog';
import { until } from '@pern/testing/until';
import { createDirect } from './conversations/createDirect';
import { createGroup } from './conversations/createGroup';
import { removeParticipant } from './conversations/removeParticipant';
import type { SendRequest, SendResult } from './delivery';
import { deleteMessage } from './messages/deleteMessage';
import { editMessage } from './messages/editMessage';
import { readMessageById } from './messages/readMessages';
import { createSender, type Committed, type Sender } from './sendMessages';
import { systemClock } from './systemClock';

let room: DeliveryRoom;
let ana: string;
let ben: string;
let eve: string;
let nodes: Node[];
let holder: Database;
beforeAll(async () => {
  room = await openDeliveryRoom();
  [ana, ben, eve] = await room.users('ana', 'ben', 'eve');
  nodes = [openNode(room.db), openNode(room.otherNode())];
  holder = room.otherNode();
});
afterAll(async () => {
  await Promise.all(nodes.map(({ sender }) => sender.idle()));
  await room.close();
});

interface Node {
  sender: Sender;
  announced: Committed[];
  batches: number[];
  waiting: string[];
  log: ReturnType<typeof quietLog>;
  send(request: SendRequest): Promise<SendResult>;
}

/** The send path of one node. */
function openNode(
  db: Database,
  {
    clock = systemClock,
    announce,
  }: { clock?: FakeClock | typeof systemClock; announce?: () => void } = {},
): Node {
  const announced: Committed[] = [];
  const batches: number[] = [];
  const waiting: string[] = [];
  const log = quietLog();
  const sender = createSender({
    db,
    clock,
    log,
    firstDelayMs: 2_000,
    gauges: { ...noGauges, sendBatch: (messages) => void batches.push(messages) },
    readMessage: (id) => readMessageById(db, id),
    announce: (committed, users) => {
      announced.push(...committed);
      waiting.push(...users);
      announce?.();
    },
  });
  return {
    sender,
    announced,
    batches,
    waiting,
    log,
    send: (request) =>
      new Promise((resolve, reject) => {
        sender.send(randomUUID(), request, null, (result) => {
          if (result instanceof Error) reject(result);
          else resolve(result);
        });
      }),
  };
}

const node = (i = 0): Node => nodes[i] as Node;
const newDirect = async (): Promise<string> => (await createDirect(room, ana, ben)).conversation.id;
const newGroup = async (...others: string[]): Promise<string> =>
  (await createGroup(room, ana, 'Group', others)).id;
const nameOf = (outcome: PromiseSettledResult<unknown>): string =>
  outcome.status === 'fulfilled' ? 'ok' : (outcome.reason as Error).name;
const seqs = async (conversationId: string): Promise<unknown[]> =>
  (
    await room.rows(
      'SELECT seq::integer FROM messages WHERE conversation_id = $1 ORDER BY seq',
      conversationId,
    )
  ).flat();

/** Holds rows of conversations from outside, as somebody slow does. */
async function hold(...ids: string[]): Promise<{ release(): Promise<void> }> {
  const transaction = await holder.sequelize.transaction();
  await holder.sequelize.query('SELECT FROM conversations WHERE id IN (:ids) FOR UPDATE', {
    replacements: { ids },
    transaction,
  });
  return { release: () => transaction.commit() };
}

test('[D1] a send is announced once, after its commit, and its answer comes first', async () => {
  const conversationId = await newGroup(ben);
  const { message, repeated } = await node().send(sendRequest(conversationId, ana));
  expect(repeated).toBe(false);
  expect(message).toEqual(await readMessageById(room.db, message.id));
  const mine = node().announced.filter((one) => one.conversationId === conversationId);
  expect(mine.flatMap(({ messages }) => messages.map((one) => one.message))).toEqual([message]);
});

describe('[D2] the same client message id', () => {
  test('gives the first message, whoever asks first, on two nodes at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const conversationId = await newDirect();
      const before = (await seqs(conversationId)).length;
      const request = sendRequest(conversationId, ana, { clientMessageId: `id ${round}` });
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) => node(i % 2).send({ ...request })),
      );
      expect(new Set(results.map(({ message }) => message.id)).size).toBe(1);
      expect(results.filter(({ repeated }) => !repeated)).toHaveLength(1);
      expect(await seqs(conversationId)).toHaveLength(before + 1);
    }
  });

  test('is another one in another conversation and of another sender', async () => {
    const [one, two] = [await newGroup(ben), await newGroup(ben)];
    const clientMessageId = 'same';
    const results = await Promise.all([
      node().send(sendRequest(one, ana, { clientMessageId })),
      node().send(sendRequest(one, ben, { clientMessageId })),
      node().send(sendRequest(two, ana, { clientMessageId })),
    ]);
    expect(results.map(({ repeated }) => repeated)).toEqual([false, false, false]);
  });

  test('is a conflict with other content, type or reply, also after an edit and a deletion', async () => {
    const conversationId = await newGroup(ben);
    const first = await node().send(sendRequest(conversationId, ana));
    const request = sendRequest(conversationId, ana, {
      clientMessageId: 'once',
      contentEncrypted: 'first',
    });
    const { message } = await node().send(request);
    const others: Partial<SendRequest>[] = [
      { contentEncrypted: 'other' },
      { messageType: 'voice' },
      { replyToId: first.message.id },
    ];
    const expectConflicts = async (): Promise<void> => {
      for (const other of others) {
        await expect(node(1).send({ ...request, ...other })).rejects.toMatchObject({
          name: 'ConflictError',
        });
      }
    };
    await expectConflicts();

    await editMessage(room, ana, message.id, 'edited');
    // What was first sent counts, not what it has become.
    expect(await node(1).send(request)).toMatchObject({
      repeated: true,
      message: { id: message.id, content_encrypted: 'edited' },
    });
    await expect(node().send({ ...request, contentEncrypted: 'edited' })).rejects.toMatchObject({
      name: 'ConflictError',
    });
    await expectConflicts();

    await deleteMessage(room, ana, message.id);
    expect(await node().send(request)).toMatchObject({
      repeated: true,
      message: { id: message.id, content_encrypted: null, seq: message.seq },
    });
    await expectConflicts();
    expect(await seqs(conversationId)).toEqual([1, 2, 3]);
  });

  test('in one batch: the first is stored, the second is its repeat, in this order', async () => {
    const conversationId = await newGroup(ben);
    const request = sendRequest(conversationId, ana, { clientMessageId: 'twice' });
    const order: string[] = [];
    const named = async (name: string, sent: SendRequest): Promise<SendResult> => {
      const result = await node().send(sent);
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
    expect(await seqs(conversationId)).toEqual([1, 2, 3]);
  });

  test('is a 404 after a removal', async () => {
    const conversationId = await newGroup(ben);
    const request = sendRequest(conversationId, ben, { clientMessageId: 'mine' });
    await node().send(request);
    await removeParticipant(room, ana, conversationId, ben);
    await expect(node().send(request)).rejects.toMatchObject({ name: 'NotFoundError' });
  });
});

describe('[D3] the numbers', () => {
  test('have no gaps under 200 concurrent sends of two nodes, and commit in their order', async () => {
    const conversationId = await newGroup(ben, eve);
    const from = node().announced.length;
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, i) => {
        // Every fifth is a repeat, every seventh fails.
        const clientMessageId = i % 5 === 0 ? 'again' : `id ${i}`;
        const replyToId = i % 7 === 0 ? randomUUID() : null;
        const request = sendRequest(conversationId, [ana, ben, eve][i % 3] ?? ana, {
          clientMessageId,
          replyToId,
        });
        return node(i % 2)
          .send(request)
          .catch((error: Error) => error.name);
      }),
    );
    const stored = results.flatMap((one) =>
      typeof one === 'object' && !one.repeated ? [one.message.seq] : [],
    );
    const all = (await seqs(conversationId)) as number[];
    expect(all).toEqual(Array.from({ length: stored.length + 1 }, (_, i) => i + 1));
    expect(new Set(stored).size).toBe(stored.length);
    for (const { announced } of nodes) {
      const told = announced
        .slice(from)
        .filter((one) => one.conversationId === conversationId)
        .flatMap(({ messages }) => messages.map(({ message }) => message.seq));
      expect(told).toEqual([...told].sort((a, b) => a - b));
    }
    const [row] = await room.rows(
      'SELECT last_seq, version FROM conversations WHERE id = $1',
      conversationId,
    );
    expect(row).toEqual([String(all.length), String(all.length)]);
  });

  test('follow the order in which one sender sent (fault 21), over several batches', async () => {
    const conversationId = await newGroup(ben);
    const answered: number[] = [];
    await Promise.all(
      Array.from({ length: 500 }, (_, i) =>
        node()
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

  test('are not burned by strangers, bad replies and conversations that do not exist', async () => {
    const conversationId = await newGroup(ben);
    const elsewhere = (await node().send(sendRequest(await newGroup(ben), ana))).message.id;
    const outcomes = await Promise.allSettled([
      node().send(sendRequest(conversationId, eve)),
      node().send(sendRequest(randomUUID(), ana)),
      node().send(sendRequest(conversationId, ana, { replyToId: elsewhere })),
      node().send(sendRequest(conversationId, ana)),
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
      node().send(sendRequest(conversationId, ana, { replyToId: String(events[0]?.[0]) })),
    ).rejects.toMatchObject({ name: 'ValidationError' });
    expect(await seqs(conversationId)).toEqual([1, 2]);
  });
});

describe('[R2] batches', () => {
  test('sends of the same moment share a transaction', async () => {
    const conversations = await Promise.all(Array.from({ length: 20 }, () => newGroup(ben)));
    const lone = openNode(room.db);
    await Promise.all(
      conversations.flatMap((id) => [
        lone.send(sendRequest(id, ana)),
        lone.send(sendRequest(id, ana)),
      ]),
    );
    expect(lone.batches.reduce((sum, size) => sum + size, 0)).toBe(40);
    expect(lone.batches.length).toBeLessThanOrEqual(3);
  });

  test('(fault 31) a conversation that somebody holds delays no other, and keeps its order', async () => {
    const [slow, quick] = [await newGroup(ben), await newGroup(ben)];
    const held = await hold(slow);
    const order: string[] = [];
    const waiting = ['1', '2', '3'].map(async (contentEncrypted) => {
      await node().send(sendRequest(slow, ana, { contentEncrypted }));
      order.push(contentEncrypted);
    });
    for (let i = 0; i < 20; i += 1) await node().send(sendRequest(quick, ana));
    expect(order).toEqual([]);
    await held.release();
    await Promise.all(waiting);
    expect(order).toEqual(['1', '2', '3']);
    expect(await seqs(slow)).toEqual([1, 2, 3, 4]);
  });

  test('(fault 31) one that is busy for a moment does not queue behind many that are stuck', async () => {
    const stuck = await Promise.all(Array.from({ length: 6 }, () => newGroup(ben)));
    const moment = await newGroup(ben);
    const held = await hold(...stuck);
    const heldShortly = await hold(moment);
    const outcomes = Promise.all(stuck.map((id) => node().send(sendRequest(id, ana))));
    await until('the waiting places are taken', async () => {
      const [row] = await room.rows(
        `SELECT count(*)::integer FROM pg_stat_activity WHERE datname = current_database()
           AND wait_event_type = 'Lock'`,
      );
      return row?.[0] === 4;
    });
    const soon = node().send(sendRequest(moment, ana));
    await heldShortly.release();
    await soon;
    expect(await seqs(stuck[0] as string)).toEqual([1]);
    await held.release();
    await outcomes;
  });

  test('one send that PostgreSQL refuses does not fail its neighbours', async () => {
    const conversationId = await newGroup(ben);
    const outcomes = await Promise.allSettled(
      ['a', 'b\u0000', 'c'].map((contentEncrypted) =>
        node().send(sendRequest(conversationId, ana, { contentEncrypted })),
      ),
    );
    expect(outcomes.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await seqs(conversationId)).toEqual([1, 2, 3]);
  });

  test('[D1] what goes wrong after the commit stores and answers nothing twice', async () => {
    const conversationId = await newGroup(ben);
    const broken = openNode(room.db, {
      announce: () => {
        throw new Error('nobody can be told');
      },
    });
    let answers = 0;
    await Promise.all([
      broken.send(sendRequest(conversationId, ana)),
      new Promise<void>((resolve) => {
        broken.sender.send(randomUUID(), sendRequest(conversationId, ana), null, () => {
          answers += 1;
          resolve();
          throw new Error('a bad answer');
        });
      }),
      broken.send(sendRequest(conversationId, ana)),
    ]);
    await broken.sender.idle();
    expect(answers).toBe(1);
    expect(await seqs(conversationId)).toEqual([1, 2, 3, 4]);
    expect(broken.log.lines.map(({ message }) => message)).toEqual([
      'the answer to a send failed',
      'announcing committed messages failed',
    ]);
  });

  test('a store that is gone is told as UnavailableError, and what waited too long is not tried', async () => {
    const conversationId = await newGroup(ben);
    const clock = createFakeClock();
    let fail: (error: Error) => void = () => undefined;
    let calls = 0;
    const gone = openNode(
      {
        ...room.db,
        query: () => {
          calls += 1;
          return new Promise((_, reject) => (fail = reject));
        },
      },
      { clock },
    );
    const first = gone.send(sendRequest(conversationId, ana));
    await until('it is on its way', () => calls === 1);
    const second = gone.send(sendRequest(conversationId, ana));
    clock.advance(8_000);
    fail(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    const outcomes = await Promise.allSettled([first, second]);
    expect(outcomes.map(nameOf)).toEqual(['UnavailableError', 'UnavailableError']);
    expect(calls).toBe(1);
    await gone.sender.idle();
  });
});

describe('[R6] who waits', () => {
  test('a recipient is told once, until settled; a sole sender never; of two senders both', async () => {
    const [cleo, dan] = await room.users(`cleo${randomUUID()}`, `dan${randomUUID()}`);
    const { conversation } = await createDirect(room, cleo, dan);
    const lone = openNode(room.db);
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
