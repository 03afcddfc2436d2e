import { connected, type Device, type Person, until } from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

/** For this long after its start, a server replays changes without being notified. */
const IN_DOUBT_MS = 30_000;
const MESSAGES = 8;

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
  const end = performance.now() + IN_DOUBT_MS + 5_000;
  await until('the servers only rely on notifications', () => performance.now() > end, 60_000);
}, 120_000);
afterEach(() => fixture.server(1).restart());
afterAll(() => fixture.close());

/** A device on the first server, and messages of a person who changes them on the second. */
async function openRoom(): Promise<{
  live: Device;
  call: Person['call'];
  id: string;
  sent: string[];
}> {
  const { ana, ben, id } = await fixture.pair();
  const live = await connected(ben.device());
  const sent: string[] = [];
  for (let i = 0; i < MESSAGES; i += 1) sent.push((await ana.send(id, `message ${i}`)).id);
  await until('all messages have arrived', () =>
    live.entries(id).some(({ id: one }) => one === sent.at(-1)),
  );
  return { live, call: ana.on(1).call, id, sent };
}

const storedVersions = async (id: string): Promise<[string, number][]> => {
  const rows = await fixture.instance.sql<{ id: string; version: string }>(
    `SELECT id, version FROM messages WHERE conversation_id = $1 AND kind = 'message' ORDER BY seq`,
    [id],
  );
  return rows.map((row) => [row.id, Number(row.version)]);
};

async function showsEveryChange(live: Device, id: string): Promise<void> {
  await until('the device shows every change', async () => {
    const shown = live.entries(id).filter(({ kind }) => kind === 'message');
    expect(shown.map((one) => [one.id, one.version])).toEqual(await storedVersions(id));
    return true;
  });
}

test('[fault 44: D7] live devices receive every change of busy clients whose server is stopped', async () => {
  const { live, call, id, sent } = await openRoom();
  let changes = 0;
  const changeUntilRefused = async (messageId: string): Promise<void> => {
    const params = { messageId };
    for (;;) {
      await call('addReaction', { params, body: { emoji: '👍' } });
      await call('removeReaction', { params: { messageId, emoji: '👍' } });
      changes += 2;
    }
  };
  // Each ends with the failure of its request to the stopped server.
  const changing = Promise.allSettled(sent.map(changeUntilRefused));
  await until('the clients are busy', () => changes > MESSAGES);
  expect((await fixture.server(1).program.stop()).code).toBe(0);
  await changing;
  await showsEveryChange(live, id);
  expect(live.violations).toEqual([]);
}, 60_000);

test('[fault 44: D7] live devices receive a change whose COMMIT gets no answer while its server stops', async () => {
  const { live, call, id, sent } = await openRoom();
  const server = fixture.server(1);
  server.postgres.hold('answers', 'COMMIT');
  const deleting = Promise.allSettled(
    sent.map((messageId) => call('deleteMessage', { params: { messageId } })),
  );
  const before = await storedVersions(id);
  await until('a deletion is committed', async () => {
    const now = await storedVersions(id);
    return now.some(([, version], i) => version !== before[i]?.[1]);
  });
  await server.program.stop();
  await deleting;
  server.postgres.drop();
  server.postgres.release();
  await showsEveryChange(live, id);
  expect(live.violations).toEqual([]);
}, 60_000);
