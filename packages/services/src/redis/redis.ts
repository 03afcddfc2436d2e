import { spawn } from 'node:child_process';
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { readIfExists, writeDurably, storedPort, storedSecret } from '../dataDir/durableFiles';
import { openLog } from '../processes/logFile';
import { findPort } from '../processes/ports';
import { end, identityOf, runsIn } from '../processes/processes';
import type { RedisProgram } from './redisProgram';
import type { Part } from '../processes/supervise';

export interface RedisOptions {
  program: RedisProgram;
  /** Holds append-only file, port and password of this server. */
  folder: string;
  logFile: string;
  /** Inherited by the server, which keeps the lock on the data folder. */
  lockFd?: number | undefined;
}

export interface RedisPart extends Part {
  url: string;
  /** Whether it ended because its port was in use. */
  portWasTaken(): boolean;
}

const host = '127.0.0.1';

/**
 * Prepares a private Redis on loopback that never evicts data. Port and password are stored beside its data. Stops a
 * server that an earlier crash left running.
 */
export async function privateRedis({ program, ...options }: RedisOptions): Promise<RedisPart> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const folder = realpathSync(options.folder);
  await stopLeftover(folder);
  const password = storedSecret(path.join(folder, 'password'));
  const portFile = path.join(folder, 'port');
  const port = await findPort(host, storedPort(portFile));
  writeDurably(portFile, `${port}\n`);
  const log = openLog(options.logFile);

  const config = [
    `bind ${host}`,
    `port ${port}`,
    `requirepass ${password}`,
    'appendonly yes',
    'save ""',
    // A queue must not lose jobs to eviction.
    'maxmemory-policy noeviction',
    `pidfile ${pidFileName}`,
    'daemonize no',
  ];

  const inherited = options.lockFd === undefined ? [] : [options.lockFd];

  return {
    name: 'redis',
    kind: 'store',
    stopSignal: 'SIGTERM',
    url: `redis://:${password}@${host}:${port}/0`,
    async spawn() {
      await stopLeftover(folder);
      const child = spawn(program.command, ['-'], {
        cwd: folder,
        env: { PATH: process.env.PATH, LC_ALL: 'C', ...program.env },
        detached: true,
        stdio: ['pipe', log.fd, log.fd, ...inherited],
      });
      // Through the pipe: the arguments of a process are public.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(`${config.join('\n')}\n`);
      return child;
    },
    isReady: () => answersPing(port, password),
    portWasTaken: () => log.plainLines().some((line) => /address already in use/i.test(line)),
    failureReason: () => `Redis did not start: ${log.plainLines().at(-1) ?? 'see its log'}`,
  };
}

const pidFileName = 'redis.pid';

async function stopLeftover(folder: string): Promise<void> {
  const file = path.join(folder, pidFileName);
  const pid = Number(readIfExists(file));
  if (!Number.isInteger(pid) || pid <= 0) return;
  const leftover = identityOf(pid);
  if (leftover !== undefined && runsIn(pid, folder, /redis|valkey/)) {
    await end(leftover, [
      ['SIGTERM', 5_000],
      ['SIGKILL', 2_000],
    ]);
  }
  rmSync(file, { force: true });
}

/** Whether Redis has loaded its data and accepts commands. */
function answersPing(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let answer = '';
    const settle = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(1_000, () => settle(false));
    socket.on('error', () => settle(false));
    socket.on('close', () => settle(false));
    socket.on('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (answer.includes('+PONG')) settle(true);
      else if (answer.includes('-')) settle(false);
    });
  });
}
