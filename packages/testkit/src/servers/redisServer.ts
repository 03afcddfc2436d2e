import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Redis from 'ioredis';
import { findPort, redisProgram } from '@chasqui/services';
import { endOrAnswer, HANGS_AFTER_MS, lastLinesOf } from './startingServer';

/** A private Redis that can be killed, frozen, flushed and restarted. Loses its data on a restart. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Starts it on the same port; resolves when it responds. */
  start(): Promise<void>;
  /** kill -9; resolves when the process has exited. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing responds. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Whether it is running and not frozen. */
  answers(): boolean;
  /** Runs one command on a new connection. */
  command(name: string, ...args: (string | number)[]): Promise<unknown>;
  /** Stops it and removes its folder. */
  close(): Promise<void>;
}

const host = '127.0.0.1';
const PORTS_TRIED = 20;

export interface RedisServerOptions {
  /** Tried first; any free port by default. */
  preferredPort?: number;
  /** How long the process may run without responding, in milliseconds. */
  hangsAfterMs?: number;
}

/**
 * Starts a private server with additional settings such as `['--maxmemory', '2mb']`; a function is called for
 * each attempt. If the port is in use, another one is tried.
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
  let settingsNow: string[] = [];
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
      ['--port', `${port}`, '--bind', host, '--save', '', '--appendonly', 'no', ...settingsNow],
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
      // Clients know this address, so wait until the other process releases the port.
      while ((await attempt()) === 'port taken') {
        if (performance.now() > deadline) throw new Error(`port ${port} is still in use`);
        await delay(50);
      }
    },
    async kill() {
      const victim = child;
      child = undefined;
      isFrozen = false;
      if (victim?.exitCode !== null || victim.signalCode !== null) return;
      const exited = new Promise((resolve) => victim.once('exit', resolve));
      victim.kill('SIGKILL');
      await exited;
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
    settingsNow = await nextSettings();
    for (let tries = 1; (await attempt()) === 'port taken'; tries += 1) {
      if (tries === PORTS_TRIED) throw new Error(`${PORTS_TRIED} ports were in use`);
      port = await findPort(host);
      settingsNow = await nextSettings();
    }
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}
