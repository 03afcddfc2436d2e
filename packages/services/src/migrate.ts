import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Guard } from './guard';
import { openLog } from './logFile';
import { identityOf } from './processes';
import { StartupError } from './startupError';

/** What stands before the reason in the output of the migrations. */
const FAILED = 'Migration failed: ';

export interface MigrateOptions {
  root: string;
  dataDir: string;
  env: NodeJS.ProcessEnv;
  guard: Guard;
}

/** Runs the migrations to their end. @throws StartupError when they fail. */
export async function migrate({ root, dataDir, env, guard }: MigrateOptions): Promise<void> {
  const log = openLog(path.join(dataDir, 'logs/migrate.log'));
  try {
    const child = spawn(process.execPath, [path.join(root, 'packages/db/dist/migrate.js')], {
      cwd: root,
      env,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
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
