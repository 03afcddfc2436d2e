import path from 'node:path';
import { launcherSettings, parseSettings as parse, SettingsError } from '@chasqui/settings';
import { StartupError } from '../startupError';

/** The settings of the launcher itself. It validates all others and passes them to server and worker. */
export interface LauncherSettings {
  host: string;
  /** 0 for any free port. */
  port: number;
  /** Undefined for an embedded PostgreSQL. */
  databaseUrl: string | undefined;
  /** Undefined for a private Redis. */
  redisUrl: string | undefined;
  /** Undefined to generate and store one, which requires the embedded PostgreSQL. */
  jwtSecret: string | undefined;
  dataDir: string;
}

/**
 * Validates every setting, including those of server and worker, so that no program starts only to exit at once.
 * @throws StartupError that names the first missing or malformed setting.
 */
export function parseSettings(env: NodeJS.ProcessEnv, root: string): LauncherSettings {
  const given = parsed(env);
  if (given.DATABASE_URL !== undefined && given.JWT_SECRET === undefined) {
    throw new StartupError('JWT_SECRET is missing: it is required together with DATABASE_URL.');
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
