import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { launch, parseSettings, runningInstance, type RunState } from '@chasqui/services';
import { bounded, eventually, interruptible } from './bounded';

/** The instance that the demo plays on. */
export interface Target {
  /** What DATA_DIR/run.json says of it now: process ids change when parts are killed. */
  state(): RunState;
  /** Whether it was started for the demo alone, and goes with it. */
  isOurs: boolean;
  close(options?: { hurry: boolean }): Promise<void>;
}

export interface TargetOptions {
  root: string;
  env: NodeJS.ProcessEnv;
  say(line: string): void;
  signal: AbortSignal;
}

/** The instance that runs on this data folder, or else a fresh one that lives no longer than the demo. */
export async function openTarget(options: TargetOptions): Promise<Target> {
  const { dataDir } = parseSettings({ DATA_DIR: options.env.DATA_DIR }, options.root);
  return runningInstance(dataDir) === undefined ? startFresh(options) : join(dataDir, options);
}

async function join(dataDir: string, { signal }: TargetOptions): Promise<Target> {
  const state = stateOf(dataDir);
  await interruptible(
    signal,
    eventually('the running instance is ready', 90_000, () => state().ready || undefined),
  );
  return { state, isOurs: false, close: async () => undefined };
}

// What a program needs of its surroundings; settings of another instance are not for this one.
const inherited = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LOG_LEVEL'];

async function startFresh({ root, env, say, signal }: TargetOptions): Promise<Target> {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'chasqui-demo-'));
  const remove = () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  let starting = true;
  const settings = { HOST: '127.0.0.1', PORT: '0', DATA_DIR: dataDir, RATE_LIMIT: 'off' };
  try {
    const instance = await launch({
      root,
      env: { ...Object.fromEntries(inherited.map((name) => [name, env[name]])), ...settings },
      say: (line) => starting && say(line),
      signal,
      throwaway: true,
    });
    starting = false;
    return {
      state: stateOf(dataDir),
      isOurs: true,
      async close(how) {
        await bounded('the instance has stopped', 15_000, instance.stop(how));
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function stateOf(dataDir: string): () => RunState {
  let last = runningInstance(dataDir);
  return () => {
    last = runningInstance(dataDir) ?? last;
    if (last === undefined) throw new Error('there is no instance');
    return last;
  };
}
