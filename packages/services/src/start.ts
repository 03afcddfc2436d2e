import { watch } from 'node:fs';
import path from 'node:path';
import { launch, type Instance } from './launcher/launcher';
import { StartupError } from './startupError';

export interface StartOptions {
  root: string;
  /** Compile changed sources and restart server and worker. */
  watch: boolean;
}

// npm forwards a Ctrl-C that the terminal has already sent; this echo does not count as a second one.
const echoMs = 1_000;

/**
 * Implements `npm start` after the build: runs an instance in the foreground until Ctrl-C, SIGTERM, SIGHUP or the end
 * of the parent npm. A second Ctrl-C stops at once.
 */
export async function start(options: StartOptions): Promise<void> {
  const say = (line: string) => console.log(`  ${line}`);
  // When the terminal closes, writing fails; clean up all the same.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);

  const startUp = new AbortController();
  let instance: Instance | undefined;
  let interruptedAt: number | undefined;

  const finish = async () => {
    const hurry = interruptedAt !== undefined && Date.now() - interruptedAt > echoMs;
    if (interruptedAt !== undefined && !hurry) return;
    interruptedAt ??= Date.now();
    say(hurry ? 'stopping at once' : 'stopping');
    if (instance === undefined) return startUp.abort();
    await instance.stop({ hurry });
    say('stopped');
    process.exit(0);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => void finish());
  }
  followParent(() => void finish());

  try {
    instance = await launch({ ...options, env: process.env, say, signal: startUp.signal });
  } catch (error) {
    if (interruptedAt !== undefined) process.exit(130);
    console.error(reasonOf(error));
    process.exit(1);
  }
  if (options.watch) restartOnChange(options.root, instance);
  console.log(`Chasqui is running at ${instance.urls[0]}`);
  say(
    `data and logs: ${path.relative(process.cwd(), instance.dataDir) || '.'}; press Ctrl-C to stop`,
  );
}

/** One line for a system error; a bug keeps its stack. */
function reasonOf(error: unknown): string {
  if (error instanceof StartupError) return error.message;
  if (!(error instanceof Error)) return `Chasqui could not start: ${String(error)}`;
  const isRefusal = typeof Reflect.get(error, 'code') === 'string';
  return `Chasqui could not start: ${isRefusal ? error.message : (error.stack ?? error.message)}`;
}

/** npm does not always forward signals: stop when the parent is gone. */
function followParent(leave: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    leave();
  }, 500);
  timer.unref();
}

function restartOnChange(root: string, instance: Instance): void {
  const apps = instance.parts.filter(({ name }) => /^(server|worker)/.test(name));
  let timer: NodeJS.Timeout | undefined;
  const restart = () => {
    console.log('  sources changed: restarting server and worker');
    for (const part of apps) {
      part.restart().catch((error: unknown) => console.error(String(error)));
    }
  };
  const changed = () => {
    // The compiler writes many files in a row; wait for the last.
    clearTimeout(timer);
    timer = setTimeout(restart, 500);
  };
  const folders = ['protocol', 'db', 'delivery', 'redis'].map((name) => `packages/${name}/dist`);
  for (const folder of [...folders, 'apps/server/dist', 'apps/worker/dist']) {
    watch(path.join(root, folder), { recursive: true }, (_event, file) => {
      if (file?.endsWith('.js')) changed();
    });
  }
}
