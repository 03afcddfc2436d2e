import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { get } from 'node:http';
import path from 'node:path';
import { openLog } from '../processes/logFile';
import type { Part } from '../processes/supervise';

export interface AppsOptions {
  root: string;
  dataDir: string;
  /** One server is started per URL. */
  urls: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Inherited by each process, which keeps the lock on the data folder. */
  lockFd?: number | undefined;
}

/** Creates the servers and the worker. */
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

/** Compiles changed sources into dist/ continuously. */
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
  /** Compiled entry point, relative to the root. */
  entry: string;
  args?: readonly string[];
  root: string;
  env: NodeJS.ProcessEnv;
  lockFd?: number | undefined;
  logFile: string;
  /** Polled until it answers 200. Without it, the app is ready as soon as it runs. */
  readyUrl?: string;
}

/** A Chasqui program, run by plain `node` as in production. */
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
        // In its own session, so that Ctrl-C reaches only the launcher, which stops everything in order.
        detached: true,
        stdio: ['ignore', log.fd, log.fd, ...inherited],
      });
    },
    isReady: async () => readyUrl === undefined || (await answersOk(readyUrl)),
    failureReason() {
      if (!existsSync(path.join(root, entry))) return `${entry} is missing: run npm run build`;
      return log.plainLines()[0] ?? `${name} did not start: see ${logFile}`;
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
