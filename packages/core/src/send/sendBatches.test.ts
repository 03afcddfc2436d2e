import { randomUUID } from 'node:crypto';
import { createFakeClock, until } from '@chasqui/testkit';
import { sendRequest } from '../testing/coreNode';
import { nameOf, openSendRoom, type SendRoom } from '../testing/sendRoom';

let room: SendRoom;
let ana: string;
let ben: string;
beforeAll(async () => {
  room = await openSendRoom();
  ({ ana, ben } = room);
});
afterAll(() => room.close());

describe('[R2] batches', () => {
  test('concurrent sends share a transaction', async () => {
    const conversations = await Promise.all(Array.from({ length: 20 }, () => room.newGroup(ben)));
    const lone = room.openNode(room.db);
    await Promise.all(
      conversations.flatMap((id) => [
        lone.send(sendRequest(id, ana)),
        lone.send(sendRequest(id, ana)),
      ]),
    );
    expect(lone.batches.reduce((sum, size) => sum + size, 0)).toBe(40);
    expect(lone.batches.length).toBeLessThanOrEqual(3);
  });

  test('(fault 31) a locked conversation delays no other conversation and keeps its order', async () => {
    const [slow, quick] = [await room.newGroup(ben), await room.newGroup(ben)];
    const held = await room.hold(slow);
    const order: string[] = [];
    const waiting = ['1', '2', '3'].map(async (contentEncrypted) => {
      await room.node().send(sendRequest(slow, ana, { contentEncrypted }));
      order.push(contentEncrypted);
    });
    for (let i = 0; i < 20; i += 1) await room.node().send(sendRequest(quick, ana));
    expect(order).toEqual([]);
    await held.release();
    await Promise.all(waiting);
    expect(order).toEqual(['1', '2', '3']);
    expect(await room.seqs(slow)).toEqual([1, 2, 3, 4]);
  });

  test('(fault 31) a briefly locked conversation does not queue behind many that stay locked', async () => {
    const stuck = await Promise.all(Array.from({ length: 6 }, () => room.newGroup(ben)));
    const moment = await room.newGroup(ben);
    const held = await room.hold(...stuck);
    const heldShortly = await room.hold(moment);
    const outcomes = Promise.all(stuck.map((id) => room.node().send(sendRequest(id, ana))));
    await until('all waiting transactions are in use', async () => {
      const [row] = await room.rows(
        `SELECT count(*)::integer FROM pg_stat_activity WHERE datname = current_database()
           AND wait_event_type = 'Lock'`,
      );
      return row?.[0] === 4;
    });
    const soon = room.node().send(sendRequest(moment, ana));
    await heldShortly.release();
    await soon;
    expect(await room.seqs(stuck[0] as string)).toEqual([1]);
    await held.release();
    await outcomes;
  });

  test('a send that PostgreSQL refuses does not fail the other sends of its batch', async () => {
    const conversationId = await room.newGroup(ben);
    const outcomes = await Promise.allSettled(
      ['a', 'b\u0000', 'c'].map((contentEncrypted) =>
        room.node().send(sendRequest(conversationId, ana, { contentEncrypted })),
      ),
    );
    expect(outcomes.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await room.seqs(conversationId)).toEqual([1, 2, 3]);
  });

  test('[D1] a failure after the commit stores no message twice and answers no send twice', async () => {
    const conversationId = await room.newGroup(ben);
    const broken = room.openNode(room.db, {
      announce: () => {
        throw new Error('announcing fails');
      },
    });
    let answers = 0;
    await Promise.all([
      broken.send(sendRequest(conversationId, ana)),
      new Promise<void>((resolve) => {
        broken.sender.send(randomUUID(), sendRequest(conversationId, ana), {
          origin: null,
          stored: () => {
            answers += 1;
            resolve();
            throw new Error('a bad reply');
          },
          repeated: () => undefined,
          failed: () => undefined,
        });
      }),
      broken.send(sendRequest(conversationId, ana)),
    ]);
    await broken.sender.idle();
    expect(answers).toBe(1);
    expect(await room.seqs(conversationId)).toEqual([1, 2, 3, 4]);
    expect(broken.log.lines.map(({ message }) => message)).toEqual([
      'replying to a send failed',
      'announcing committed messages failed',
    ]);
  });

  test('an unreachable database is reported as UnavailableError, and sends that waited too long are not attempted', async () => {
    const conversationId = await room.newGroup(ben);
    const clock = createFakeClock();
    let fail: (error: Error) => void = () => undefined;
    let calls = 0;
    const gone = room.openNode(
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
