import type { Message } from '@chasqui/protocol';
import { connected, type Person, until } from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../../testing/acceptanceSuite';

// No worker has run since these messages expired: every read must still return tombstones (docs/adr/0009). Tests
// backdate the messages.

const suite = setUpAcceptanceSuite({ nodes: 2, worker: false });

const keep = (person: Person, id: string, retention_s: number | null) =>
  person.call('renameConversation', {
    params: { id },
    body: { retention_s, apply_to_history: true },
  });

/** Backdates everything up to `seq` by an hour, as if no worker had run since. */
const age = (id: string, seq: number): Promise<unknown> =>
  suite.instance.sql(
    `WITH aged AS (UPDATE messages SET created_at = created_at - interval '1 hour'
       WHERE conversation_id = $1 AND seq <= $2)
     UPDATE conversations SET next_expiry_at = now() - interval '59 minutes'
     WHERE id = $1 AND retention_s IS NOT NULL`,
    [id, seq],
  );

const byContent = (messages: readonly Message[]): (string | null)[] =>
  messages
    .filter(({ kind }) => kind === 'message')
    .map(({ content_encrypted: content }) => content);

test("[D7] [D8] no read shows an expired message, and a worker's tombstones later look the same", async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.direct(ana, ben);
  const away = ben.device();
  await connected(away);
  away.disconnect();
  const { cursor } = (await ben.call('readSync')).body;
  const first = await ana.send(id, 'secret', { client_message_id: 'first' });
  await ben.call('addReaction', { params: { messageId: first.id }, body: { emoji: '👍' } });
  const last = await ana.send(id, 'secret too', { reply_to_id: first.id });
  // A conversation without retention is unchanged in the same answers.
  const other = await suite.people.group(ana, ben);
  const kept = await ana.send(other.id, 'kept');
  await age(other.id, kept.seq);

  // Both must agree to expire existing messages.
  await keep(ana, id, 3_599);
  await keep(ben, id, 3_599);
  await age(id, last.seq);
  expect(await suite.instance.sql('SELECT FROM messages WHERE deleted_at IS NOT NULL')).toEqual([]);

  for (const node of [0, 1]) {
    const me = ben.on(node);
    const page = await me.call('readHistory', { params: { conversationId: id } });
    expect(byContent(page.body.messages)).toEqual([null, null]);
    for (const message of page.body.messages.filter(({ kind }) => kind === 'message')) {
      expect(message).toMatchObject({ reactions: [], edited_at: null });
      expect(message.deleted_at).not.toBeNull();
    }
    const read = (await me.call('readConversation', { params: { id } })).body;
    expect(read).toMatchObject({ my: { unread_count: 0 }, last_seq: last.seq + 2 });
    expect(read.last_message).toMatchObject({ id: last.id, content_encrypted: null });
    const { conversations } = (await me.call('listConversations')).body;
    expect(conversations.map(({ id: which, last_message: one }) => [which, one?.content_encrypted]))
      // The list is sorted by latest activity.
      .toEqual([...[[id, null]], [other.id, 'kept']]);
    expect(conversations.map(({ my }) => my.unread_count)).toEqual([0, 1]);
    const sync = (await me.call('readSync', { query: { cursor } })).body;
    expect(byContent(sync.messages.filter(({ conversation_id: of }) => of === id))).toEqual([
      ...[null, null],
    ]);
    expect(JSON.stringify(sync)).not.toContain('secret');
  }
  expect((await ben.call('exportMe')).body).not.toContain('secret');
  await connected(away);
  expect(byContent(away.entries(id))).toEqual([null, null]);
  expect(byContent(away.entries(other.id))).toEqual(['kept']);

  // It behaves like a tombstone (D2).
  const again = { client_message_id: 'first' };
  expect(await ana.send(id, 'secret', again)).toMatchObject({
    ...{ id: first.id, seq: first.seq, content_encrypted: null },
  });
  const messageId = last.id;
  const edit = { params: { messageId }, body: { content_encrypted: 'secret again' } };
  expect((await ana.refused('editMessage', edit)).status).toBe(400);
  const react = { params: { messageId }, body: { emoji: '👍' } };
  expect((await ben.refused('addReaction', react)).status).toBe(400);

  const seen = await ben.history(id);
  await suite.instance.addWorker();
  await until('a worker has made tombstones', async () => {
    const rows = await suite.instance.sql('SELECT FROM messages WHERE deleted_at IS NOT NULL');
    return rows.length === 2;
  });
  const made = await ben.history(id);
  // The tombstone has its own version and time.
  expect(made).toEqual(
    seen.map((message, i) => ({
      ...message,
      version: made[i]?.version,
      deleted_at: made[i]?.deleted_at,
    })),
  );
});
