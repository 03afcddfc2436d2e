import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type ClientFixture, openClientFixture } from './clients/clientFixture';
import { createMemoryStorage, selectOutboxSize } from '@chasqui/sdk';
import { openFileStorage } from '@chasqui/sdk/node';
import { until } from '@chasqui/testkit';

let fixture: ClientFixture;
let folder: string;
beforeAll(async () => {
  fixture = await openClientFixture();
  folder = await mkdtemp(path.join(tmpdir(), 'chasqui-sdk-'));
});
afterAll(async () => {
  await fixture.close();
  await rm(folder, { recursive: true, force: true });
});

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `message ${i + 1}`);

test('[D1] messages written while the server is down are sent in order when it is back', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { id } = await fixture.people.direct(ana, ben);
  const [a, b] = [await fixture.clients.open(ana), await fixture.clients.open(ben)];
  const [node] = fixture.instance.nodes;
  await node?.program.kill();
  await until(
    'the client waits to retry',
    () => a.client.getState().connection.state === 'waiting to retry',
  );
  await Promise.all(numbered(20).map((text) => a.client.send(id, text)));
  expect(selectOutboxSize(a.client.getState())).toBe(20);
  expect(a.client.getState().outbox.map(({ content }) => content)).toEqual(numbered(20));
  await node?.restart();
  await until('everything has arrived', () => b.received.length === 20);
  expect(b.received.map(({ content }) => content)).toEqual(numbered(20));
  await until('the outbox is empty', () => a.client.getState().outbox.length === 0);
  expect(a.shown(id)).toEqual(numbered(20));
});

test('[D2] 1,000 messages arrive once and in order although the server is killed three times', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { id } = await fixture.people.direct(ana, ben);
  const [a, b] = [await fixture.clients.open(ana), await fixture.clients.open(ben)];
  await Promise.all(numbered(1_000).map((text) => a.client.send(id, text)));
  const [node] = fixture.instance.nodes;
  for (const seen of [100, 400, 700]) {
    await until(`${seen} have arrived`, () => b.received.length >= seen, 60_000);
    await node?.program.kill();
    await node?.restart();
  }
  await until('everything has arrived', () => b.received.length >= 1_000, 60_000);
  await until('the outbox is empty', () => a.client.getState().outbox.length === 0);
  expect(b.received.map(({ seq, content }) => ({ seq, content }))).toEqual(
    numbered(1_000).map((content, i) => ({ seq: i + 1, content })),
  );
  expect((await ben.history(id)).map(({ seq }) => seq)).toHaveLength(1_000);
  expect(a.shown(id)).toEqual(numbered(1_000));
});

test('[D1] a message in the outbox survives kill -9 between storing and sending', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { id } = await fixture.people.direct(ana, ben);
  const file = path.join(folder, 'before');
  const first = await openFileStorage(file);
  const signedIn = await fixture.clients.prepare(ana, { storage: first });
  await signedIn.client.close();

  const sender = startSender([fixture.instance.url(), file, id, '50']);
  await until('everything is stored', () => sender.linesOf('stored') === 50);
  expect(await ben.history(id)).toEqual([]);
  await sender.kill();

  const a = await fixture.clients.open(ana, { storage: await openFileStorage(file) });
  await until('the outbox is empty', () => a.client.getState().outbox.length === 0);
  expect((await ben.history(id)).map(({ seq }) => seq)).toHaveLength(50);
  expect(a.shown(id)).toEqual(numbered(50));
});

test('[D2] after kill -9 of the sender every stored message arrives once and in order', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { id } = await fixture.people.direct(ana, ben);
  const file = path.join(folder, 'between');
  const args = [fixture.instance.url(), file, id, '300', ana.username, ana.password];
  const sender = startSender(args);
  await until('40 are sent', () => sender.linesOf('sent') >= 40);
  await sender.kill();
  const stored = sender.linesOf('stored');

  const a = await fixture.clients.open(ana, { storage: await openFileStorage(file) });
  await until('the outbox is empty', () => a.client.getState().outbox.length === 0);
  const there = await ben.history(id);
  expect(there.length).toBeGreaterThanOrEqual(stored);
  await a.client.openConversation(id);
  while (await a.client.loadOlder(id, 100));
  expect(a.shown(id)).toEqual(numbered(there.length));
});

test('[D7] without a server a client opens with its stored state and shows unsent messages', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { id } = await fixture.people.direct(ana, ben);
  await ben.send(id, 'before');
  const storage = createMemoryStorage();
  const a = await fixture.clients.open(ana, { storage });
  await a.client.openConversation(id);
  await a.client.close();

  const unreachable = { storage, url: 'http://127.0.0.1:9' };
  const offline = await fixture.clients.prepare(ana, unreachable);
  offline.client.connect();
  await offline.client.send(id, 'written offline');
  offline.client.markRead(id, 1);
  expect(offline.shown(id)).toEqual(['before']);
  expect(offline.client.getState().conversationsById[id]?.my.unread_count).toBe(0);
  await until(
    'the attempt has failed',
    () => offline.client.getState().connection.state !== 'connecting',
  );
  await offline.client.close();

  const back = await fixture.clients.open(ana, { storage });
  await until('it was sent', () => back.client.getState().outbox.length === 0);
  expect(back.shown(id)).toEqual(['before', 'written offline']);
  await until('the read position has reached the server', async () => {
    const { my } = await ana.conversation(id);
    return my.read_seq >= 1 && my.unread_count === 0;
  });
});

/** Starts the program that the test kills; `linesOf` counts its output lines by their first word. */
function startSender(args: readonly string[]) {
  const program = path.resolve(__dirname, '../../dist/sdk/clients/outboxProgram.js');
  const child: ChildProcess = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const words: string[] = [];
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) =>
      words.push(line.split(' ')[0] ?? ''),
    );
  }
  return {
    linesOf: (what: string) => words.filter((word) => word === what).length,
    async kill() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
