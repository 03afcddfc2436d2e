import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type Guard, identityOf, startGuard } from '@chasqui/services';
import { HANGS_AFTER_MS } from '../servers/startingServer';

/** One of our compiled programs, run by plain `node` in its own process, as in production. */
export interface Program {
  readonly pid: number;
  /** The fields of the log line with `readyMessage`. */
  readonly ready: Record<string, unknown>;
  /** Its last output, for failure messages. */
  output(): string;
  isRunning(): boolean;
  /** kill -9; resolves when the process has exited. */
  kill(): Promise<void>;
  /** SIGTERM; resolves to its exit code and the time it took to exit. */
  stop(): Promise<{ code: number | null; tookMs: number }>;
  /** SIGSTOP: its connections stay open, but it does not respond. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
}

export interface ProgramOptions {
  /** Relative to the root of the repository: `apps/server/dist/main.js`. */
  entry: string;
  /** The folder of another release, instead of this repository. */
  release?: string | undefined;
  /** The executable of another version of Node, instead of the one that runs the tests. */
  node?: string | undefined;
  env: Record<string, string>;
  /** Message of the log line that reports readiness. */
  readyMessage: string;
  /** Options for Node. */
  execArgv?: readonly string[];
}

/** The root folder of this repository. */
export const thisRelease = path.resolve(__dirname, '../../../..');
const LINES_KEPT = 60;

let guard: Guard | undefined;

/** The watchdog of this test file: ends its processes even if the test run is killed. */
export function guardOfThisFile(): Guard {
  guard ??= startGuard();
  return guard;
}

/** Call once, after the last program has ended. */
export async function releaseGuard(): Promise<void> {
  const released = guard;
  guard = undefined;
  await released?.release();
}

/** Starts a program; rejects with its last output if it exits before it is ready. */
export async function startProgram({
  entry,
  env,
  readyMessage,
  execArgv = [],
  release = thisRelease,
  node = process.execPath,
}: ProgramOptions): Promise<Program> {
  const file = path.join(release, entry);
  if (!existsSync(file)) throw new Error(`${entry} is missing: npm run build`);
  const child = spawn(node, [...execArgv, file], {
    cwd: release,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${entry} could not be started`);
  const identity = identityOf(pid);
  if (identity !== undefined) {
    guardOfThisFile().watch({ ...identity, kind: 'app', signal: 'SIGKILL' });
  }

  const lines: string[] = [];
  const keep = (line: string): void => {
    lines.push(line);
    if (lines.length > LINES_KEPT) lines.shift();
  };
  const output = (): string => lines.join('\n');
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      guard?.forget(pid);
      resolve(code);
    });
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;

  const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(`${entry} is running, but not ready after ${HANGS_AFTER_MS} ms:\n${output()}`),
      );
    }, HANGS_AFTER_MS);
    createInterface({ input: child.stdout }).on('line', (line) => {
      keep(line);
      const fields = parseLogLine(line);
      if (fields?.msg === readyMessage) {
        clearTimeout(timer);
        resolve(fields);
      }
    });
    createInterface({ input: child.stderr }).on('line', keep);
    void exited.then((code) => {
      clearTimeout(timer);
      reject(new Error(`${entry} ended with ${code}:\n${output()}`));
    });
  });

  return {
    pid,
    ready,
    output,
    isRunning,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      const began = performance.now();
      child.kill('SIGTERM');
      const code = await exited;
      return { code, tookMs: performance.now() - began };
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

function parseLogLine(line: string): Record<string, unknown> | undefined {
  try {
    const fields: unknown = JSON.parse(line);
    return typeof fields === 'object' && fields !== null ? { ...fields } : undefined;
  } catch {
    return undefined;
  }
}
