import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { type ClientFixture, openClientFixture } from './clients/clientFixture';
import { until } from '@chasqui/testkit';

const examples = path.resolve(__dirname, '../../../sdk/examples');

let fixture: ClientFixture;
let folder: string;
const running = new Set<ChildProcess>();
beforeAll(async () => {
  fixture = await openClientFixture();
  folder = await mkdtemp(path.join(tmpdir(), 'chasqui-examples-'));
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await fixture.close();
  await rm(folder, { recursive: true, force: true });
});

async function startBot(args: readonly string[]) {
  const child = spawn(process.execPath, [path.join(examples, 'bot.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  await once(createInterface({ input: child.stdout }), 'line');
  return async (signal: 'SIGKILL' | 'SIGINT'): Promise<number | null> => {
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    running.delete(child);
    return child.exitCode;
  };
}

test('[D5] the bot answers messages sent while it was down, each exactly once', async () => {
  const { ana, bot } = await fixture.people.registerAll('ana', 'bot');
  const a = await fixture.clients.open(ana);
  const { id } = await a.client.createDirect(bot.id);
  const args = [fixture.instance.url(), bot.username, bot.password, path.join(folder, 'bot')];
  const pongs = (): number => a.shown(id).filter((text) => text === 'pong').length;

  const end = await startBot(args);
  await a.client.send(id, 'ping');
  await until('it answers', () => pongs() === 1);
  await end('SIGKILL');
  for (let i = 0; i < 5; i += 1) await a.client.send(id, 'ping');
  await until('everything is sent', () => a.client.getState().outbox.length === 0);

  const endAgain = await startBot(args);
  await until('it has answered all', () => pongs() === 6);
  await a.client.whenSent(await a.client.send(id, 'ping'));
  await until('it still answers', () => pongs() === 7);
  expect(await endAgain('SIGINT')).toBe(0);
  const answered = (await ana.history(id)).filter(({ reply_to_id: reply }) => reply !== null);
  expect(new Set(answered.map(({ reply_to_id: reply }) => reply)).size).toBe(7);
  expect(answered).toHaveLength(7);
});

test('the send example exits once the server has stored the message', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const args = [fixture.instance.url(), ana.username, ana.password, ben.username, 'Hello, Ben'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [path.join(examples, 'send.mjs'), ...args],
    { timeout: 20_000 },
  );
  expect(stdout).toBe('stored with seq 1\n');
});
