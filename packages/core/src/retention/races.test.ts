import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { blockUser } from '../blocks/blockUser';
import { addParticipant } from '../members/addParticipant';
import type { ChangeDeps } from '../conversations/changeDeps';
import { createDirect } from '../conversations/createDirect';
import { createGroup } from '../conversations/group/createGroup';
import { removeParticipant } from '../members/removeParticipant';
import { deleteMessage } from '../messages/deleteMessage';
import { editMessage } from '../messages/editMessage';
import { addReaction } from '../messages/reactions/reactions';
import { expireMessages } from './expireMessages';
import { limitRetention } from './limitRetention';
import { changeConversation } from '../conversations/changeConversation';

let room: DeliveryRoom;
let there: ChangeDeps;
let ana: string;
let ben: string;
let cleo: string;
beforeAll(async () => {
  room = await openDeliveryRoom();
  there = { db: room.otherNode(), announce: room.announce };
  [ana, ben, cleo] = await room.users('ana', 'ben', 'cleo');
});
afterAll(() => room.close());

test('[D3] [R8] concurrent expiry, sends, edits, deletions, removals, acknowledgements and syncs never deadlock', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 4; i += 1) ids.push((await createGroup(room, ana, 'Storm', [ben])).id);
  await room.rows('UPDATE conversations SET retention_s = 1');
  const expected = new Set(['NotFoundError', 'ConflictError', 'ForbiddenError', 'ValidationError']);
  const unexpected: unknown[] = [];
  const attempt = (work: Promise<unknown>): Promise<unknown> =>
    work.catch((error: unknown) => {
      const name = error instanceof Error ? error.name : '';
      if (!expected.has(name) && !String(error).includes('not_found')) unexpected.push(error);
    });
  let expired = 0;
  const expire = async (db: typeof room.db): Promise<void> => {
    const step = await expireMessages(db);
    expired += step.expired;
  };
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(
      ids.flatMap((id, i) => [
        attempt(room.send(id, ana)),
        attempt(room.send(id, ben)),
        attempt(
          room.rows(
            `UPDATE messages SET created_at = created_at - interval '1 hour'
             WHERE conversation_id = $1 AND seq % 3 = 0`,
            id,
          ),
        ),
        attempt(room.rows('UPDATE conversations SET next_expiry_at = now() WHERE id = $1', id)),
        attempt(changeSome(id, round + i)),
        attempt(addParticipant(there, ana, id, cleo, 'member')),
        attempt(removeParticipant(room, ana, id, cleo)),
        attempt(room.acknowledge(id, ben, 1 + round, 'read')),
        attempt(room.rows('SELECT begin_sync($1)', ben)),
        attempt(room.rows('SELECT open_device($1, $2, gen_random_uuid())', ana, `d${round % 3}`)),
        attempt(expire(room.db)),
        attempt(expire(there.db)),
      ]),
    );
  }
  expect(unexpected).toEqual([]);
  expect(expired).toBeGreaterThan(0);
  const whole = await room.rows(
    `SELECT c.last_seq = count(*), c.last_seq = max(m.seq), count(DISTINCT m.version) = count(*),
       c.version >= max(m.version), bool_and((m.deleted_at IS NULL) = (m.content_encrypted IS NOT NULL))
         FILTER (WHERE m.kind = 'message')
     FROM conversations c JOIN messages m ON m.conversation_id = c.id GROUP BY c.id`,
  );
  expect(whole).toEqual(ids.map(() => [true, true, true, true, true]));
});

/** Edits, deletes or reacts to the newest message, which may be expiring concurrently. */
async function changeSome(id: string, turn: number): Promise<unknown> {
  const [row] = await room.rows(
    `SELECT id, sender_id FROM messages WHERE conversation_id = $1 AND kind = 'message' ORDER BY seq DESC LIMIT 1`,
    id,
  );
  if (row === undefined) return undefined;
  const [messageId, senderId] = row as [string, string];
  if (turn % 3 === 0) return editMessage(there, senderId, messageId, `edit ${turn}`);
  if (turn % 3 === 1) return deleteMessage(room, senderId, messageId);
  return addReaction(room, ben, messageId, '👍');
}

test('a blocked user cannot remove earlier messages by changing the retention', async () => {
  const { conversation } = await createDirect(room, ana, cleo);
  const deps = { ...room, maxRetentionS: null };
  expect(
    await changeConversation(deps, cleo, conversation.id, { retentionS: 3_600 }),
  ).toMatchObject({
    retention_s: 3_600,
  });
  await blockUser(room, ana, cleo);
  await expect(
    changeConversation(deps, cleo, conversation.id, { retentionS: 60 }),
  ).rejects.toMatchObject({
    name: 'ForbiddenError',
  });
});

test('[D7] the retention limit of the instance applies to existing and new conversations and to changes', async () => {
  const limit = (): Promise<number> => limitRetention(room.db, 3_600, new AbortController().signal);
  // Cleans up after other tests.
  await limit();
  const { id } = await createGroup(room, ana, 'Old', [ben]);
  const seq = await room.send(id, ana, 'too old');
  await room.rows(
    `UPDATE messages SET created_at = now() - interval '2 hours' WHERE conversation_id = $1`,
    id,
  );
  expect(await limit()).toBe(1);
  expect(await limit()).toBe(0);
  while ((await expireMessages(room.db)).more);
  expect(
    await room.rows(
      'SELECT content_encrypted FROM messages WHERE conversation_id = $1 AND seq = $2',
      id,
      seq,
    ),
  ).toEqual([[null]]);

  const deps = { ...room, retentionS: 3_600, maxRetentionS: 3_600 };
  expect(await createGroup(deps, ana, 'New', [])).toMatchObject({ retention_s: 3_600 });
  for (const seconds of [null, 3_601]) {
    await expect(changeConversation(deps, ana, id, { retentionS: seconds })).rejects.toMatchObject({
      name: 'ValidationError',
    });
  }
  expect(await changeConversation(deps, ana, id, { retentionS: 60 })).toMatchObject({
    retention_s: 60,
  });
});
