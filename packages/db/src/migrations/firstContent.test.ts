import { createHmac, randomUUID } from 'node:crypto';
import { type FreshDatabase, freshDatabase } from '@chasqui/testkit';
import { connectDatabase, type Database } from '../connection/connect';

let database: FreshDatabase;
let db: Database;

beforeAll(async () => {
  database = await freshDatabase();
  db = connectDatabase({ url: database.url, poolMax: 1 });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

test('[D2] message_digest returns the digest that earlier servers computed', async () => {
  const [row] = await db.query(
    'digest_key',
    `SELECT value FROM instance WHERE key = 'digest_key'`,
    [],
  );
  const key = row?.[0] as Buffer;
  const sent: [type: string, replyToId: string | null, content: string][] = [
    ['text', null, 'x'],
    ['voice', randomUUID(), 'ñ 🏃 "quoted" \\ {braces}\n\t'],
    ['file', randomUUID(), 'long '.repeat(9_000)],
  ];
  for (const [type, replyToId, content] of sent) {
    const [digest] = await db.query('digest', 'SELECT message_digest($1, $2, $3)', [
      type,
      replyToId,
      content,
    ]);
    const before = createHmac('sha256', key).update(`${type}\0${replyToId ?? ''}\0${content}`);
    expect(digest?.[0]).toEqual(before.digest());
  }
});

test('[D2] the digest of the first content is stored by the first change, also when many messages change at once', async () => {
  const conversationId = randomUUID();
  await db.query(
    'sends',
    `INSERT INTO messages (conversation_id, seq, id, version, sender_id, content_encrypted, created_at)
     SELECT $1, i, gen_random_uuid(), i, $1, 'first ' || i, now() FROM generate_series(1, 100) i`,
    [conversationId],
  );
  const digests = async (): Promise<unknown[]> =>
    (
      await db.query(
        'digests',
        'SELECT digest FROM messages WHERE conversation_id = $1 ORDER BY seq',
        [conversationId],
      )
    ).map(([digest]) => digest);
  const change = (content: string | null): Promise<unknown> =>
    db.query('change', 'UPDATE messages SET content_encrypted = $2 WHERE conversation_id = $1', [
      conversationId,
      content,
    ]);
  const [expected] = await db.query(
    'expected',
    `SELECT array_agg(message_digest('text', NULL, 'first ' || i) ORDER BY i) FROM generate_series(1, 100) i`,
    [],
  );
  await db.query('touch', 'UPDATE messages SET version = version + 1 WHERE conversation_id = $1', [
    conversationId,
  ]);
  expect(new Set(await digests())).toEqual(new Set([null]));
  await change('second');
  expect(await digests()).toEqual(expected?.[0]);
  await change(null);
  expect(await digests()).toEqual(expected?.[0]);
});
