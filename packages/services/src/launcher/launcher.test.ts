import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { runningInstance } from '../dataDir/instanceFile';
import { isAlive } from '../processes/processes';
import {
  createLauncherFixture,
  eventually,
  inDatabase,
  noneAlive,
  type LauncherFixture,
} from '../testing/launcherFixture';
import { launch } from './launcher';

// Starting and stopping: which processes run, and what each start keeps.

let fixture: LauncherFixture;
beforeEach(() => {
  fixture = createLauncherFixture();
});
afterEach(() => fixture.close());

test('Ctrl-C stops everything, and the next start finds the data', async () => {
  const first = fixture.launcher();
  await first.says('Chasqui is running at http://127.0.0.1:');
  await inDatabase(fixture.running().database_url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const { processes } = fixture.running();
  expect(processes.map(({ name }) => name).sort()).toEqual(
    ['launcher', 'postgres', 'redis', 'server', 'watchdog', 'worker'].sort(),
  );
  first.child.kill('SIGINT');
  expect(await first.ended()).toBe(0);
  await noneAlive(processes);

  const second = fixture.launcher();
  await second.says('Chasqui is running');
  expect(await inDatabase(fixture.running().database_url, 'SELECT answer FROM kept')).toEqual([
    { answer: 42 },
  ]);
});

test('an interrupted start leaves no process and no damage', async () => {
  const interrupted = fixture.launcher();
  await eventually(() => readdirSync(fixture.root).includes('.data'));
  await eventually(() => runningInstance(fixture.dataDir) !== undefined);
  interrupted.child.kill('SIGINT');
  expect(await interrupted.ended()).toBe(130);
  expect(readdirSync(fixture.dataDir)).not.toContain('launcher.lock');
  await fixture.launcher().says('Chasqui is running');
});

test('stopping takes less than 12 s, even when a child ignores SIGTERM', async () => {
  fixture.program(
    'apps/worker/dist/main.js',
    `process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000);`,
  );
  const stubborn = fixture.launcher();
  await stubborn.says('Chasqui is running');
  const { processes } = fixture.running();
  const since = Date.now();
  stubborn.child.kill('SIGTERM');
  expect(await stubborn.ended()).toBe(0);
  expect(Date.now() - since).toBeLessThan(12_000);
  await noneAlive(processes);
});

test('several servers run at different addresses', async () => {
  const instance = await launch({
    root: fixture.root,
    env: { PORT: '0' },
    say: () => undefined,
    servers: 2,
  });
  try {
    const answers = await Promise.all(instance.urls.map((url) => fetch(`${url}/readyz`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(instance.urls).size).toBe(2);
    expect(fixture.processOf('server').pid).not.toBe(fixture.processOf('server-2').pid);
  } finally {
    await instance.stop();
  }
});

test('a requested restart is not reported as a crash and leaves one process', async () => {
  const lines: string[] = [];
  const instance = await launch({
    root: fixture.root,
    env: { PORT: '0' },
    say: (line) => lines.push(line),
  });
  try {
    const before = fixture.processOf('server');
    const server = instance.parts.find(({ name }) => name === 'server');
    await Promise.all([server?.restart(), server?.restart()]);
    expect(isAlive(before)).toBe(false);
    expect(isAlive(fixture.processOf('server'))).toBe(true);
    expect(lines.filter((line) => line.includes('unexpectedly'))).toEqual([]);
  } finally {
    await instance.stop();
  }
});

test('secrets are generated once and readable by their owner only', async () => {
  const first = fixture.launcher();
  await first.says('Chasqui is running');
  const file = path.join(fixture.dataDir, 'jwt-secret');
  const secret = readFileSync(file, 'utf8');
  for (const name of ['jwt-secret', 'run.json', 'postgres/password', 'redis/password']) {
    expect([name, statSync(path.join(fixture.dataDir, name)).mode & 0o077]).toEqual([name, 0]);
  }
  first.child.kill('SIGTERM');
  await first.ended();
  await fixture.launcher().says('Chasqui is running');
  expect(readFileSync(file, 'utf8')).toBe(secret);
  expect(secret.trim().length).toBeGreaterThanOrEqual(64);
});
