import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Redis from 'ioredis';
import { findPort } from '@pern/services/ports';
import { redisProgram } from '@pern/services/redisProgram';

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

/** Starts a private server, with further settings such as `['--maxmemory', '2mb']`. */
export async function startRedisServer(settings: string[] = []): Promise<RedisServer> {
  const program = redisProgram(
    path.resolve(__dirname, '../../../node_modules/.cache/chasqui', `redis-${process.arch}`),
    () => undefined,
  );
  const folder = mkdtempSync(path.join(os.tmpdir(), 'chasqui-redis-'));
  const port = await findPort(host);
  let child: ChildProcess | undefined;
  let isFrozen = false;

  const command = async (name: string, ...args: (string | number)[]): Promise<unknown> => {
    const client = new Redis(port, host, {
      retryStrategy: null,
      lazyConnect: true,
      connectTimeout: 500,
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

  const server: RedisServer = {
    url: `redis://${host}:${port}`,
    port,
    async start() {
      child = spawn(
        program.command,
        ['--port', `${port}`, '--bind', host, '--save', '', '--appendonly', 'no', ...settings],
        { cwd: folder, stdio: 'ignore', env: { PATH: process.env.PATH, ...program.env } },
      );
      for (let tries = 0; ; tries += 1) {
        if (await command('PING').catch(() => null)) return;
        if (tries > 250) throw new Error('redis-server does not answer');
        await new Promise((resolve) => setTimeout(resolve, 20));
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
  await server.start();
  return server;
}
