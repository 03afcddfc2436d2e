import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Guard } from '../processes/guard';
import { openLog } from '../processes/logFile';
import { identityOf } from '../processes/processes';
import { StartupError } from '../startupError';

/** Prefix of the reason in the output of the migrations. */
const FAILED = 'Migration failed: ';

export interface MigrateOptions {
  root: string;
  dataDir: string;
  env: NodeJS.ProcessEnv;
  guard: Guard;
  /** The role for server and worker, which the migrations create. */
  grantTo?: string | undefined;
  /** Inherited by the migrations, which keeps the lock on the data folder. */
  lockFd?: number | undefined;
}

/** Runs the migrations. @throws StartupError when they fail. */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { root, dataDir, env, guard, lockFd, grantTo } = options;
  const grant = grantTo === undefined ? [] : ['--grant', grantTo];
  const log = openLog(path.join(dataDir, 'logs/migrate.log'));
  try {
    const child = spawn(
      process.execPath,
      [path.join(root, 'packages/db/dist/migrate.js'), ...grant],
      {
        cwd: root,
        env,
        detached: true,
        stdio: ['ignore', log.fd, log.fd, ...(lockFd === undefined ? [] : [lockFd])],
      },
    );
    const identity = child.pid === undefined ? undefined : identityOf(child.pid);
    if (identity) guard.watch({ ...identity, kind: 'app', signal: 'SIGTERM' });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    if (identity) guard.forget(identity.pid);
    if (code === 0) return;
    const lines = log.plainLines();
    const reason = lines.find((line) => line.startsWith(FAILED))?.slice(FAILED.length) ?? lines[0];
    throw new StartupError(`The migrations failed: ${reason ?? 'no reason given'} (${log.path})`);
  } finally {
    log.close();
  }
}
