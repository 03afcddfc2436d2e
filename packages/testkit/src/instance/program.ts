import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type Guard, identityOf, startGuard } from '@chasqui/services';
import { HANGS_AFTER_MS } from '../servers/startingServer';

/** A compiled program of ours, run by plain `node` in a process of its own, as in production. */
export interface Program {
  readonly pid: number;
  /** The fields of the log line that said it was ready. */
  readonly ready: Record<string, unknown>;
  /** What it wrote last, for the message of a test that fails. */
  output(): string;
  isRunning(): boolean;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves to its exit code and how long it took. */
  stop(): Promise<{ code: number | null; tookMs: number }>;
  /** SIGSTOP: its connections stay, nothing answers. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
}

export interface ProgramOptions {
  /** Below the root of the repository: `apps/server/dist/main.js`. */
  entry: string;
  /** The folder of another release, instead of this repository. */
  release?: string | undefined;
  /** The executable of another version of Node, instead of the one that runs the tests. */
  node?: string | undefined;
  env: Record<string, string>;
  /** The message of the log line with which it is ready. */
  readyMessage: string;
  /** For Node itself. */
  execArgv?: readonly string[];
}

/** The folder of this repository. */
export const thisRelease = path.resolve(__dirname, '../../../..');
const LINES_KEPT = 60;

let guard: Guard | undefined;

/** Ends what is still running of this test file, even when the test run itself is killed. */
export function guardOfThisFile(): Guard {
  guard ??= startGuard();
  return guard;
}

/** To be called once at the end by whoever started programs. */
export async function releaseGuard(): Promise<void> {
  const released = guard;
  guard = undefined;
  await released?.release();
}

/** Starts it; rejects with its last words when it ends before it is ready. */
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
  const gone = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      guard?.forget(pid);
      resolve(code);
    });
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;

  const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
    const giveUp = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${entry} runs and is not ready after ${HANGS_AFTER_MS} ms:\n${output()}`));
    }, HANGS_AFTER_MS);
    createInterface({ input: child.stdout }).on('line', (line) => {
      keep(line);
      const fields = logged(line);
      if (fields?.msg === readyMessage) {
        clearTimeout(giveUp);
        resolve(fields);
      }
    });
    createInterface({ input: child.stderr }).on('line', keep);
    void gone.then((code) => {
      clearTimeout(giveUp);
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
      await gone;
    },
    async stop() {
      const began = performance.now();
      child.kill('SIGTERM');
      const code = await gone;
      return { code, tookMs: performance.now() - began };
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

function logged(line: string): Record<string, unknown> | undefined {
  try {
    const fields: unknown = JSON.parse(line);
    return typeof fields === 'object' && fields !== null ? { ...fields } : undefined;
  } catch {
    return undefined;
  }
}
