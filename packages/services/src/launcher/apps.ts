import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { get } from 'node:http';
import path from 'node:path';
import { openLog } from './logFile';
import type { Part } from './supervise';

export interface AppsOptions {
  root: string;
  dataDir: string;
  /** One server for each. */
  urls: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Kept open by each, and with it the lock on the data folder. */
  lockFd?: number | undefined;
}

/** The servers and the worker. */
export function createApps({ root, dataDir, urls, env, lockFd }: AppsOptions): Part[] {
  const logFile = (name: string) => path.join(dataDir, 'logs', `${name}.log`);
  const servers = urls.map((url, index) => {
    const name = index === 0 ? 'server' : `server-${index + 1}`;
    return app({
      name,
      entry: 'apps/server/dist/main.js',
      root,
      lockFd,
      env: { ...env, PORT: new URL(url).port },
      logFile: logFile(name),
      readyUrl: `${url}/readyz`,
    });
  });
  const entry = 'apps/worker/dist/main.js';
  return [
    ...servers,
    app({ name: 'worker', entry, root, env, lockFd, logFile: logFile('worker') }),
  ];
}

/** Keeps dist/ up to date while somebody works on the sources. */
export function compiler(root: string, dataDir: string): Part {
  return app({
    name: 'compiler',
    entry: 'node_modules/typescript/bin/tsc',
    args: ['-b', '--watch', '--preserveWatchOutput', 'apps/server', 'apps/worker'],
    root,
    env: process.env,
    logFile: path.join(dataDir, 'logs/compiler.log'),
  });
}

interface AppOptions {
  name: string;
  /** The compiled entry point, below the root. */
  entry: string;
  args?: readonly string[];
  root: string;
  env: NodeJS.ProcessEnv;
  lockFd?: number | undefined;
  logFile: string;
  /** Asked until it answers 200. Without one the app counts as ready when it runs. */
  readyUrl?: string;
}

/** A program of ours, run by plain `node` as in production. */
function app(options: AppOptions): Part {
  const { name, entry, args = [], root, env, lockFd, logFile, readyUrl } = options;
  const log = openLog(logFile);
  const inherited = lockFd === undefined ? [] : [lockFd];
  return {
    name,
    kind: 'app',
    stopSignal: 'SIGTERM',
    async spawn() {
      return spawn(process.execPath, [path.join(root, entry), ...args], {
        cwd: root,
        env,
        // In a session of its own: Ctrl-C reaches the launcher alone, and it ends all in turn.
        detached: true,
        stdio: ['ignore', log.fd, log.fd, ...inherited],
      });
    },
    isReady: async () => readyUrl === undefined || (await answersOk(readyUrl)),
    complaint() {
      if (!existsSync(path.join(root, entry))) return `${entry} is missing: npm run build`;
      return log.plainLines()[0] ?? `${name} did not start: ${logFile} says why`;
    },
  };
}

function answersOk(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}
