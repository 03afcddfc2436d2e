import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { launch, parseSettings, runningInstance, type RunState } from '@chasqui/services';
import { bounded, eventually, interruptible } from '../bounded';

/** The instance the demo runs on. */
export interface Target {
  /** The current content of DATA_DIR/run.json; process ids change when processes are killed. */
  state(): RunState;
  /** Whether it was started for this demo and is removed afterwards. */
  isOurs: boolean;
  close(options?: { hurry: boolean }): Promise<void>;
}

export interface TargetOptions {
  root: string;
  env: NodeJS.ProcessEnv;
  say(line: string): void;
  signal: AbortSignal;
}

/** Joins the instance running on this data folder, or starts a fresh one for the duration of the demo. */
export async function openTarget(options: TargetOptions): Promise<Target> {
  const { dataDir } = parseSettings({ DATA_DIR: options.env.DATA_DIR }, options.root);
  return runningInstance(dataDir) === undefined ? startFresh(options) : join(dataDir, options);
}

async function join(dataDir: string, { signal }: TargetOptions): Promise<Target> {
  const state = stateOf(dataDir);
  await interruptible(
    signal,
    eventually('waiting for the running instance', 90_000, () => state().ready || undefined),
  );
  return { state, isOurs: false, close: async () => undefined };
}

// Only what every program needs: settings of another instance must not leak into the fresh one.
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
        await bounded('stopping the instance', 15_000, instance.stop(how));
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
