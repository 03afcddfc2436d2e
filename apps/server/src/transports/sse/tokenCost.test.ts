import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { connectDatabase } from '@chasqui/db';
import type { Session } from '@chasqui/protocol';
import { openStreamFixture, type StreamFixture } from '../../testing/streamFixture';

let fixture: StreamFixture;
let ana: Session;
beforeAll(async () => {
  fixture = await openStreamFixture();
  await fixture.open();
  ana = await fixture.register();
});
afterAll(() => fixture.close());

/** Lets the user participate in so many conversations. */
async function join(count: number): Promise<void> {
  const db = connectDatabase({ url: fixture.database.url, poolMax: 1 });
  await db.query(
    '',
    `WITH made AS (
       INSERT INTO conversations (id, type, title, created_by, participant_count)
       SELECT gen_random_uuid(), 'group', 'a group', $1, 1 FROM generate_series(1, $2) RETURNING id
     )
     INSERT INTO participants (conversation_id, user_id, role, joined_at, joined_seq, delivered_seq,
       read_seq, acked_seq, from_seq, from_version, from_pos, activity_at)
     SELECT id, $1, 'member', now(), 1, 0, 0, 0, 0, 0, 0, now() FROM made`,
    [ana.user.id, count],
  );
  await db.close();
}

/** What requests to this path write to PostgreSQL while `work` runs. */
async function writtenToPostgres(path: string, work: () => Promise<unknown>): Promise<string[]> {
  const port = Number(new URL(fixture.database.url).port);
  const pathOfRequest = new AsyncLocalStorage<string>();
  const enter = (message: unknown): void => {
    const { request } = message as { request: IncomingMessage };
    pathOfRequest.enterWith(request.url ?? '');
  };
  const written: string[] = [];
  const { write } = Socket.prototype;
  const spy = jest.spyOn(Socket.prototype, 'write').mockImplementation(function (
    this: Socket,
    ...args: Parameters<Socket['write']>
  ) {
    if (this.remotePort === port && pathOfRequest.getStore() === path)
      written.push(String(args[0]));
    return write.apply(this, args);
  });
  subscribe('http.server.request.start', enter);
  try {
    await work();
  } finally {
    unsubscribe('http.server.request.start', enter);
    spy.mockRestore();
  }
  return written;
}

test('[D12] a token for streams needs no query about conversations, and has the same size with 1,000 of them', async () => {
  const http = fixture.httpOf();
  const ask = async (path: string): Promise<unknown> => {
    const { status, body } = await http('GET', path, { token: ana.access_token });
    expect(status).toBe(200);
    return body;
  };
  const sizeOfToken = async (): Promise<number> =>
    JSON.stringify(await ask('/api/mercure/token')).length;
  const before = await sizeOfToken();
  await join(1_000);
  const sizes: number[] = [];
  const written = await writtenToPostgres('/api/mercure/token', async () => {
    for (let i = 0; i < 20; i += 1) sizes.push(await sizeOfToken());
  });
  expect(new Set([before, ...sizes]).size).toBe(1);
  expect(before).toBeLessThan(600);
  // The session is looked up as for every request, and kept for three seconds.
  expect(written.filter((text) => !text.includes('living_sessions'))).toEqual([]);
  const listed = await writtenToPostgres('/api/conversations', () => ask('/api/conversations'));
  expect(listed.length).toBeGreaterThan(0);
});
