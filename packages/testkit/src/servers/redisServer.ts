import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Redis from 'ioredis';
import { findPort, redisProgram } from '@chasqui/services';
import { endOrAnswer, HANGS_AFTER_MS, lastLinesOf } from './startingServer';

/** A Redis of the test's own, to be killed, frozen, flushed and started again. Keeps nothing over a restart. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Starts it on the same port; resolves when it answers. */
  start(): Promise<void>;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay, nothing answers. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Whether it runs and is not frozen. */
  answers(): boolean;
  /** Runs one command over a connection of its own. */
  command(name: string, ...args: (string | number)[]): Promise<unknown>;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

const host = '127.0.0.1';
const PORTS_TRIED = 20;

export interface RedisServerOptions {
  /** Tried first; any free port unless given. */
  preferredPort?: number;
  /** For how long a process may run without an answer, milliseconds. */
  hangsAfterMs?: number;
}

/**
 * Starts a private server, with further settings such as `['--maxmemory', '2mb']`; a function gives
 * new ones for each attempt. When somebody else has the port it takes another.
 */
export async function startRedisServer(
  settings: string[] | (() => Promise<string[]>) = [],
  { preferredPort, hangsAfterMs = HANGS_AFTER_MS }: RedisServerOptions = {},
): Promise<RedisServer> {
  const program = redisProgram(
    path.resolve(__dirname, '../../../../node_modules/.cache/chasqui', `redis-${process.arch}`),
    () => undefined,
  );
  const folder = mkdtempSync(path.join(os.tmpdir(), 'chasqui-redis-'));
  let port = preferredPort ?? (await findPort(host));
  let further: string[] = [];
  let child: ChildProcess | undefined;
  let isFrozen = false;

  const command = async (name: string, ...args: (string | number)[]): Promise<unknown> => {
    const client = new Redis(port, host, {
      retryStrategy: null,
      lazyConnect: true,
      connectTimeout: 10_000,
      disconnectTimeout: 50,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  };

  async function attempt(): Promise<'answers' | 'port taken'> {
    const started = spawn(
      program.command,
      ['--port', `${port}`, '--bind', host, '--save', '', '--appendonly', 'no', ...further],
      { cwd: folder, env: { PATH: process.env.PATH, ...program.env } },
    );
    child = started;
    const own = new RegExp(`^process_id:${started.pid}\\r?$`, 'm');
    return endOrAnswer({
      name: 'redis-server',
      child: started,
      lastLines: lastLinesOf(started.stdout, started.stderr),
      answers: async () => own.test(String(await command('INFO', 'server'))),
      hangsAfterMs,
    });
  }

  const server: RedisServer = {
    get url() {
      return `redis://${host}:${port}`;
    },
    get port() {
      return port;
    },
    async start() {
      const deadline = performance.now() + hangsAfterMs;
      // At an address that is known already nothing else will do: somebody is using it for a moment.
      while ((await attempt()) === 'port taken') {
        if (performance.now() > deadline) throw new Error(`port ${port} stays somebody else’s`);
        await delay(50);
      }
    },
    async kill() {
      const victim = child;
      child = undefined;
      isFrozen = false;
      if (victim?.exitCode !== null || victim.signalCode !== null) return;
      const gone = new Promise((resolve) => victim.once('exit', resolve));
      victim.kill('SIGKILL');
      await gone;
    },
    freeze() {
      isFrozen = true;
      child?.kill('SIGSTOP');
    },
    thaw() {
      isFrozen = false;
      child?.kill('SIGCONT');
    },
    answers: () => child !== undefined && !isFrozen,
    command,
    async close() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const nextSettings = async () => (typeof settings === 'function' ? settings() : settings);
  try {
    further = await nextSettings();
    for (let tries = 1; (await attempt()) === 'port taken'; tries += 1) {
      if (tries === PORTS_TRIED) throw new Error(`${PORTS_TRIED} ports were somebody else’s`);
      port = await findPort(host);
      further = await nextSettings();
    }
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}
