import { spawn, spawnSync } from 'node:child_process';
import { identityOf } from '@chasqui/services';
import { guardOfThisFile } from '@chasqui/testkit';
import type { Scope } from '../contest';

// Debian installs servers in folders that only root has on its PATH.
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

/** Returns the path of a system program; undefined when it is not installed. */
export function findTool(name: string, ...places: string[]): string | undefined {
  const found = [name, ...places].map((each) =>
    spawnSync('sh', ['-c', 'command -v "$1"', 'sh', each], { encoding: 'utf8', env: { PATH } }),
  );
  return found.find(({ status }) => status === 0)?.stdout.trim();
}

export interface ToolOptions {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Record<string, string>;
  /** Whether the program is ready for use. */
  readonly isReady: () => Promise<boolean>;
}

const READY_WITHIN_MS = 30_000;

/** Runs a system program until the scope closes; resolves when it is ready. */
export async function startTool(
  scope: Scope,
  command: string,
  options: ToolOptions,
): Promise<void> {
  const child = spawn(command, options.args, {
    cwd: options.cwd,
    env: { PATH, ...options.env },
    stdio: 'ignore',
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const identity = child.pid === undefined ? undefined : identityOf(child.pid);
  if (identity !== undefined) {
    guardOfThisFile().watch({ ...identity, kind: 'store', signal: 'SIGKILL' });
  }
  let closing = false;
  scope.onClose(async () => {
    closing = true;
    child.kill('SIGKILL');
    await gone;
  });
  child.once('exit', (code) => {
    if (!closing) scope.fail(new Error(`${command} exited with ${code}`));
  });
  const giveUp = performance.now() + READY_WITHIN_MS;
  while (!(await options.isReady())) {
    if (performance.now() > giveUp) throw new Error(`${command} did not become ready`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
