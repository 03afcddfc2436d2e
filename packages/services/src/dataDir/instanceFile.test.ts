import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Claim, claim } from './instanceFile';
import { identityOf, processScope } from '../processes/processes';

const usualPath = process.env.PATH;
const compiled = path.resolve(__dirname, '../../dist/dataDir/instanceFile.js');

let dataDir: string;
let claims: Claim[];
let holders: ChildProcess[];

beforeEach(() => {
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'chasqui-claim-'));
  claims = [];
  holders = [];
});
afterEach(() => {
  process.env.PATH = usualPath;
  for (const each of claims) each.release();
  for (const holder of holders) holder.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

const file = (name: string): string => path.join(dataDir, name);
const lockText = (): string => readFileSync(file('launcher.lock'), 'utf8');

async function take(): Promise<Claim> {
  const claimed = await claim(dataDir);
  claims.push(claimed);
  return claimed;
}

/** Another launcher, which according to its files runs in another container. */
async function holder(scope = 'another container'): Promise<ChildProcess> {
  const script = `require(${JSON.stringify(compiled)}).claim(${JSON.stringify(dataDir)})
    .then(() => { console.log('claimed'); setInterval(() => undefined, 1000); });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  holders.push(child);
  await once(child.stdout, 'data');
  writeFileSync(file('launcher.lock'), lockText().replaceAll(processScope(), scope));
  return child;
}

test('a launcher in another container keeps the folder, even while it is frozen', async () => {
  const child = await holder();
  await expect(take()).rejects.toThrow(
    /^\S+ is in use by processes that are not visible from here/,
  );
  child.kill('SIGSTOP');
  await expect(take()).rejects.toThrow(/not visible from here/);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await expect(take()).resolves.toBeDefined();
});

test('a process that reuses the id of a dead launcher does not keep the folder', async () => {
  const child = await holder(processScope());
  child.kill('SIGKILL');
  await once(child, 'exit');
  const someone = { ...identityOf(process.pid), scope: processScope() };
  writeFileSync(file('launcher.lock'), JSON.stringify(someone));
  await expect(take()).resolves.toBeDefined();
});

test('one of several launchers that start at once gets the folder', async () => {
  const attempts = await Promise.allSettled(Array.from({ length: 5 }, take));
  expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

describe('without operating system locks', () => {
  beforeEach(() => {
    process.env.PATH = '/nowhere';
  });

  test('a launcher in another container keeps the folder as long as its lock file changes', async () => {
    await take();
    const foreign = JSON.stringify({ pid: 1, startedAt: '1', scope: 'another container' });
    writeFileSync(file('launcher.lock'), foreign);
    let beats = 0;
    const heartbeat = setInterval(() => {
      beats += 1;
      // By another clock, far in the past.
      utimesSync(file('launcher.lock'), beats, beats);
    }, 50);
    await expect(take()).rejects.toThrow(/not visible from here/);
    clearInterval(heartbeat);
    for (const each of claims.splice(0)) each.release();
    writeFileSync(file('launcher.lock'), foreign);
    await expect(take()).resolves.toBeDefined();
  });

  test('a launcher on this machine keeps the folder as long as it lives', async () => {
    await take();
    await expect(take()).rejects.toThrow(/^Chasqui already runs on/);
  });
});
