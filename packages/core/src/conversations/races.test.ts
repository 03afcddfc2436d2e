import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { addParticipant } from '../members/addParticipant';
import { changeRole } from '../members/changeRole';
import type { ChangeDeps } from './changeDeps';
import { createGroup } from './group/createGroup';
import { removeParticipant } from '../members/removeParticipant';
import { changeConversation } from './changeConversation';

let room: DeliveryRoom;
let there: ChangeDeps;
let ana: string;
let ben: string;
let others: string[];
beforeAll(async () => {
  room = await openDeliveryRoom();
  there = { db: room.otherNode(), announce: room.announce };
  [ana, ben] = await room.users('ana', 'ben');
  others = await room.users('cleo', 'dan', 'eve', 'fay', 'gil', 'hal');
});
afterAll(() => room.close());

/** The names of the errors among these outcomes. */
const refusals = (outcomes: PromiseSettledResult<unknown>[]): string[] =>
  outcomes.flatMap((one) =>
    one.status === 'rejected'
      ? [one.reason instanceof Error ? one.reason.name : String(one.reason)]
      : [],
  );

/** Checks the invariants of a group after concurrent changes. */
async function expectConsistent(conversationId: string): Promise<void> {
  const [row] = await room.rows(
    `SELECT c.participant_count = (SELECT count(*) FROM participants p WHERE p.conversation_id = c.id),
       c.last_seq = (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id),
       c.last_seq = (SELECT max(m.seq) FROM messages m WHERE m.conversation_id = c.id),
       c.participant_count = 0 OR EXISTS (
         SELECT FROM participants p WHERE p.conversation_id = c.id AND p.role = 'admin'),
       c.members_version = 1 + (SELECT count(*) FROM messages m
         WHERE m.conversation_id = c.id AND m.event ->> 'type' IN ('added', 'left', 'removed')),
       NOT EXISTS (SELECT FROM participants p WHERE p.conversation_id = c.id AND (
         p.joined_seq > c.last_seq OR p.read_seq > c.last_seq
         OR NOT p.open AND p.activity_at <> c.updated_at))
     FROM conversations c WHERE c.id = $1`,
    conversationId,
  );
  expect(row).toEqual([true, true, true, true, true, true]);
}

test('one admin remains when two admins remove each other concurrently', async () => {
  for (let round = 0; round < 15; round += 1) {
    const { id } = await createGroup(room, ana, 'Duel', [ben]);
    await changeRole(room, ana, id, ben, 'admin');
    const outcomes = await Promise.allSettled([
      removeParticipant(room, ana, id, ben),
      removeParticipant(there, ben, id, ana),
    ]);
    expect(refusals(outcomes)).toEqual(['NotFoundError']);
    await expectConsistent(id);
  }
});

test('a group has an admin after all its admins leave concurrently', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { id } = await createGroup(room, ana, 'Exodus', [ben, ...others]);
    await changeRole(room, ana, id, ben, 'admin');
    await Promise.all([
      removeParticipant(room, ana, id, ana),
      removeParticipant(there, ben, id, ben),
      removeParticipant(room, others[0] ?? '', id, others[0] ?? ''),
    ]);
    await expectConsistent(id);
  }
});

test('adding a user twice concurrently adds them once', async () => {
  for (let round = 0; round < 15; round += 1) {
    const { id } = await createGroup(room, ana, 'Rush', []);
    const outcomes = await Promise.allSettled([
      addParticipant(room, ana, id, ben, 'member'),
      addParticipant(there, ana, id, ben, 'member'),
    ]);
    expect(refusals(outcomes)).toEqual(['ConflictError']);
    await expectConsistent(id);
  }
});

test('[D3] [D9] concurrent joins, leaves, renames, sends, acknowledgements, connects and syncs never deadlock', async () => {
  const { id } = await createGroup(room, ana, 'Storm', [ben, ...others]);
  const expected = new Set(['NotFoundError', 'ConflictError', 'ForbiddenError', 'ValidationError']);
  const unexpected: unknown[] = [];
  const attempt = (work: Promise<unknown>): Promise<unknown> =>
    work.catch((error: unknown) => {
      const name = error instanceof Error ? error.name : '';
      const known = expected.has(name) || String(error).includes('not_found');
      if (!known) unexpected.push(error);
    });
  const everyone = [ana, ben, ...others];
  for (let round = 0; round < 25; round += 1) {
    const one = others[round % others.length] ?? '';
    const next = others[(round + 1) % others.length] ?? '';
    await Promise.all([
      attempt(removeParticipant(room, ana, id, one)),
      attempt(removeParticipant(there, next, id, next)),
      attempt(addParticipant(there, ana, id, one, 'member')),
      attempt(addParticipant(room, ana, id, next, 'moderator')),
      attempt(changeRole(there, ana, id, ben, round % 2 === 0 ? 'admin' : 'member')),
      attempt(changeConversation(room, ana, id, { title: `Storm ${round}` })),
      ...everyone.flatMap((userId) => [
        attempt(room.send(id, userId)),
        attempt(room.acknowledge(id, userId, 1 + round, 'read')),
        attempt(
          room.rows(`SELECT open_device($1, $2, gen_random_uuid())`, userId, `d${round % 3}`),
        ),
        attempt(room.rows('SELECT begin_sync($1)', userId)),
        attempt(
          room.rows('SELECT settle_pending(ARRAY[$1::uuid], ARRAY[$2::uuid])::text', userId, id),
        ),
      ]),
    ]);
  }
  expect(unexpected).toEqual([]);
  await expectConsistent(id);
});
