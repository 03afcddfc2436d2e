import path from 'node:path';
import { launcherSettings, parseSettings as parse, SettingsError } from '@chasqui/settings';
import { StartupError } from './startupError';

/** What the launcher itself needs. It checks the rest and hands it to server and worker as it is. */
export interface LauncherSettings {
  host: string;
  /** 0 means any free port. */
  port: number;
  /** Undefined: an embedded PostgreSQL. */
  databaseUrl: string | undefined;
  /** Undefined: a private Redis. */
  redisUrl: string | undefined;
  /** Undefined: generated and kept, which only the embedded mode allows. */
  jwtSecret: string | undefined;
  dataDir: string;
}

/**
 * Checks every setting, also those that only server or worker read, so that nothing is started that
 * would end at once. @throws StartupError that names the first setting that is missing or malformed.
 */
export function parseSettings(env: NodeJS.ProcessEnv, root: string): LauncherSettings {
  const given = parsed(env);
  if (given.DATABASE_URL !== undefined && given.JWT_SECRET === undefined) {
    throw new StartupError(
      'JWT_SECRET is missing: with a database of your own (DATABASE_URL) give a secret of your own too.',
    );
  }
  return {
    host: given.HOST,
    port: given.PORT,
    databaseUrl: given.DATABASE_URL,
    redisUrl: given.REDIS_URL,
    jwtSecret: given.JWT_SECRET,
    dataDir: path.resolve(root, given.DATA_DIR),
  };
}

function parsed(env: NodeJS.ProcessEnv) {
  try {
    return parse(launcherSettings, env);
  } catch (error) {
    if (error instanceof SettingsError) throw new StartupError(error.message);
    throw error;
  }
}
