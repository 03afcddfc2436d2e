import { spawn, type ChildProcess } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { runningInstance, type RunState } from '../dataDir/instanceFile';
import { launch } from './launcher';
import { isAlive, signal, type ProcessIdentity } from '../processes/processes';

// Minimal replacements for server, worker and migrations: the launcher is under test.
const programs = {
  'apps/server/dist/main.js': `
    const server = require('node:http').createServer((_, answer) => answer.end('ok'));
    server.listen(Number(process.env.PORT), process.env.HOST);
    process.on('SIGTERM', () => { server.close(); server.closeAllConnections(); });`,
  'apps/worker/dist/main.js': `
    const busy = setInterval(() => undefined, 1000);
    process.on('SIGTERM', () => clearInterval(busy));`,
  'packages/db/dist/migrate.js': '',
};

const compiled = path.resolve(__dirname, '../../dist/start.js');

interface Launcher {
  child: ChildProcess;
  output(): string;
  /** Resolves when the output contains this text. */
  says(text: string): Promise<void>;
  /** Resolves to the exit code. */
  ended(): Promise<number | null>;
}

describe('the launcher', () => {
  let root: string;
  let launchers: Launcher[];

  beforeEach(() => {
    root = mkdtempSync(path.join(os.tmpdir(), 'chasqui-launcher ü-'));
    launchers = [];
    for (const [file, content] of Object.entries(programs)) program(file, content);
  });

  afterEach(async () => {
    for (const { child, ended } of launchers) {
      child.kill('SIGTERM');
      await ended();
    }
    rmSync(root, { recursive: true, force: true });
  });

  function program(file: string, content: string): void {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), content);
  }

  function launcher(env: NodeJS.ProcessEnv = {}): Launcher {
    const script = `require(${JSON.stringify(compiled)}).start({ root: ${JSON.stringify(root)}, watch: false })`;
    const child = spawn(process.execPath, ['-e', script], {
      env: { PATH: process.env.PATH, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
    const opened = {
      child,
      output: () => output,
      says: (text: string) =>
        eventually(
          () => output.includes(text),
          () => output,
        ),
      ended: () => exit,
    };
    launchers.push(opened);
    return opened;
  }

  const dataDir = () => path.join(root, '.data');

  function running(): RunState {
    const state = runningInstance(dataDir());
    if (state === undefined) throw new Error('no instance is running');
    return state;
  }

  function processOf(name: string): ProcessIdentity {
    const found = running().processes.find((each) => each.name === name);
    if (found === undefined) throw new Error(`${name} is not running`);
    return found;
  }

  async function noneAlive(processes: readonly ProcessIdentity[]): Promise<void> {
    await eventually(
      () => !processes.some(isAlive),
      () => JSON.stringify(processes.filter(isAlive)),
    );
  }

  test('Ctrl-C stops everything, and the next start finds the data', async () => {
    const first = launcher();
    await first.says('Chasqui is running at http://127.0.0.1:');
    await inDatabase(running().database_url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const { processes } = running();
    expect(processes.map(({ name }) => name).sort()).toEqual(
      ['launcher', 'postgres', 'redis', 'server', 'watchdog', 'worker'].sort(),
    );
    first.child.kill('SIGINT');
    expect(await first.ended()).toBe(0);
    await noneAlive(processes);

    const second = launcher();
    await second.says('Chasqui is running');
    expect(await inDatabase(running().database_url, 'SELECT answer FROM kept')).toEqual([
      { answer: 42 },
    ]);
  });

  test.each(['postgres', 'redis', 'server', 'worker', 'watchdog'])(
    '%s is restarted after kill -9',
    async (name) => {
      await launcher().says('Chasqui is running');
      const killed = processOf(name);
      signal(killed, 'SIGKILL');
      await eventually(() => {
        const now = runningInstance(dataDir())?.processes.find((each) => each.name === name);
        return now !== undefined && now.pid !== killed.pid && isAlive(now);
      });
      if (name === 'postgres') {
        await eventuallyAsync(() => inDatabase(running().database_url, 'SELECT 1'));
      }
    },
  );

  test('no process is left after kill -9 of the launcher', async () => {
    await launcher().says('Chasqui is running');
    const { processes } = running();
    signal(processOf('launcher'), 'SIGKILL');
    await noneAlive(processes);
  });

  test('the next start stops processes that survived launcher and watchdog', async () => {
    await launcher().says('Chasqui is running');
    const { processes } = running();
    const watchdog = processOf('watchdog');
    // Stop it first, so that it cannot clean up in between.
    signal(watchdog, 'SIGSTOP');
    signal(processOf('launcher'), 'SIGKILL');
    signal(watchdog, 'SIGKILL');
    await launcher().says('Chasqui is running');
    await noneAlive(processes);
  });

  test('an interrupted start leaves no process and no damage', async () => {
    const interrupted = launcher();
    await eventually(() => readdirSync(root).includes('.data'));
    await eventually(() => runningInstance(dataDir()) !== undefined);
    interrupted.child.kill('SIGINT');
    expect(await interrupted.ended()).toBe(130);
    expect(readdirSync(dataDir())).not.toContain('launcher.lock');
    await launcher().says('Chasqui is running');
  });

  test('stopping takes less than 12 s, even when a child ignores SIGTERM', async () => {
    program(
      'apps/worker/dist/main.js',
      `process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000);`,
    );
    const stubborn = launcher();
    await stubborn.says('Chasqui is running');
    const { processes } = running();
    const since = Date.now();
    stubborn.child.kill('SIGTERM');
    expect(await stubborn.ended()).toBe(0);
    expect(Date.now() - since).toBeLessThan(12_000);
    await noneAlive(processes);
  });

  test('several servers run at different addresses', async () => {
    const instance = await launch({ root, env: { PORT: '0' }, say: () => undefined, servers: 2 });
    try {
      const answers = await Promise.all(instance.urls.map((url) => fetch(`${url}/readyz`)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(new Set(instance.urls).size).toBe(2);
      expect(processOf('server').pid).not.toBe(processOf('server-2').pid);
    } finally {
      await instance.stop();
    }
  });

  test('a requested restart is not reported as a crash and leaves one process', async () => {
    const said: string[] = [];
    const instance = await launch({ root, env: { PORT: '0' }, say: (line) => said.push(line) });
    try {
      const before = processOf('server');
      const server = instance.parts.find(({ name }) => name === 'server');
      await Promise.all([server?.restart(), server?.restart()]);
      expect(isAlive(before)).toBe(false);
      expect(isAlive(processOf('server'))).toBe(true);
      expect(said.filter((line) => line.includes('unexpectedly'))).toEqual([]);
    } finally {
      await instance.stop();
    }
  });

  test('a second start on the same data is refused in one line', async () => {
    await launcher().says('Chasqui is running');
    const second = launcher();
    expect(await second.ended()).toBe(1);
    expect(second.output()).toMatch(/^Chasqui already runs on .*\n$/);
  });

  test('a port in use is reported in one line', async () => {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const address = listener.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const refused = launcher({ PORT: String(port) });
      expect(await refused.ended()).toBe(1);
      expect(refused.output()).toMatch(new RegExp(`^Port ${port} on 127.0.0.1 is in use.*\\n$`));
    } finally {
      await new Promise((resolve) => listener.close(resolve));
    }
  });

  test('a server that refuses its settings ends the start with its message', async () => {
    program(
      'apps/server/dist/main.js',
      `console.error('ACCESS_TOKEN_TTL_S is malformed'); process.exit(1);`,
    );
    const refused = launcher();
    expect(await refused.ended()).toBe(1);
    expect(refused.output().trimEnd().split('\n').at(-1)).toBe('ACCESS_TOKEN_TTL_S is malformed');
    expect(runningInstance(dataDir())).toBeUndefined();
  });

  test('failed migrations end the start with their message', async () => {
    program('packages/db/dist/migrate.js', `console.error('no such table'); process.exit(1);`);
    const refused = launcher();
    expect(await refused.ended()).toBe(1);
    expect(refused.output()).toContain('The migrations failed: no such table');
  });

  test('secrets are generated once and readable by their owner only', async () => {
    const first = launcher();
    await first.says('Chasqui is running');
    const file = path.join(dataDir(), 'jwt-secret');
    const secret = readFileSync(file, 'utf8');
    for (const name of ['jwt-secret', 'run.json', 'postgres/password', 'redis/password']) {
      expect([name, statSync(path.join(dataDir(), name)).mode & 0o077]).toEqual([name, 0]);
    }
    first.child.kill('SIGTERM');
    await first.ended();
    await launcher().says('Chasqui is running');
    expect(readFileSync(file, 'utf8')).toBe(secret);
    expect(secret.trim().length).toBeGreaterThanOrEqual(64);
  });
});

async function inDatabase(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

async function eventually(holds: () => boolean, otherwise = () => ''): Promise<void> {
  await eventuallyAsync(async () => {
    if (!holds()) throw new Error(`it did not happen: ${otherwise()}`);
  });
}

/** Retries for a minute, then fails with the last error. */
async function eventuallyAsync(attempt: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(20);
    }
  }
}
