import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { runningInstance, type RunState } from '../dataDir/instanceFile';
import { isAlive, type ProcessIdentity } from '../processes/processes';

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

export interface Launcher {
  child: ChildProcess;
  output(): string;
  /** Resolves when the output contains this text. */
  says(text: string): Promise<void>;
  /** Resolves to the exit code. */
  ended(): Promise<number | null>;
}

/** A folder with replacements for the programs, in which launchers start. */
export interface LauncherFixture {
  readonly root: string;
  readonly dataDir: string;
  /** Writes another program. */
  program(file: string, content: string): void;
  /** Starts a launcher as a process of its own. */
  launcher(env?: NodeJS.ProcessEnv): Launcher;
  /** The instance that runs on the data. */
  running(): RunState;
  processOf(name: string): ProcessIdentity;
  /** Stops all launchers and removes the folder. */
  close(): Promise<void>;
}

export function createLauncherFixture(): LauncherFixture {
  const root = mkdtempSync(path.join(os.tmpdir(), 'chasqui-launcher ü-'));
  const dataDir = path.join(root, '.data');
  const launchers: Launcher[] = [];

  function program(file: string, content: string): void {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), content);
  }

  function running(): RunState {
    const state = runningInstance(dataDir);
    if (state === undefined) throw new Error('no instance is running');
    return state;
  }

  for (const [file, content] of Object.entries(programs)) program(file, content);
  return {
    ...{ root, dataDir, program, running },
    launcher(env = {}) {
      const opened = startLauncher(root, env);
      launchers.push(opened);
      return opened;
    },
    processOf(name) {
      const found = running().processes.find((each) => each.name === name);
      if (found === undefined) throw new Error(`${name} is not running`);
      return found;
    },
    async close() {
      for (const { child, ended } of launchers) {
        child.kill('SIGTERM');
        await ended();
      }
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function startLauncher(root: string, env: NodeJS.ProcessEnv): Launcher {
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
  return {
    child,
    output: () => output,
    says: (text) =>
      eventually(
        () => output.includes(text),
        () => output,
      ),
    ended: () => exit,
  };
}

/** Resolves when none of the processes is alive. */
export async function noneAlive(processes: readonly ProcessIdentity[]): Promise<void> {
  await eventually(
    () => !processes.some(isAlive),
    () => JSON.stringify(processes.filter(isAlive)),
  );
}

export async function inDatabase(url: string, sql: string): Promise<unknown[]> {
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

export async function eventually(holds: () => boolean, otherwise = () => ''): Promise<void> {
  await eventuallyAsync(async () => {
    if (!holds()) throw new Error(`it did not happen: ${otherwise()}`);
  });
}

/** Retries for a minute, then fails with the last error. */
export async function eventuallyAsync(attempt: () => Promise<unknown>): Promise<void> {
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
