import path from 'node:path';
import { StartupError } from './startupError';

/** What the launcher reads from its environment; the rest it hands to server and worker unread. */
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

/** @throws StartupError that names the first setting that is missing or malformed. */
export function parseSettings(env: NodeJS.ProcessEnv, root: string): LauncherSettings {
  const databaseUrl = urlSetting(env, 'DATABASE_URL', ['postgres:', 'postgresql:']);
  const redisUrl = redisSetting(env);
  const jwtSecret = given(env, 'JWT_SECRET');
  if (databaseUrl !== undefined && jwtSecret === undefined) {
    throw new StartupError(
      'JWT_SECRET is missing: with a database of your own (DATABASE_URL) give a secret of your own too.',
    );
  }
  return {
    host: hostSetting(env),
    port: portSetting(env),
    databaseUrl,
    redisUrl,
    jwtSecret,
    dataDir: path.resolve(root, given(env, 'DATA_DIR') ?? '.data'),
  };
}

/** An empty setting counts as not given. */
function given(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}

function hostSetting(env: NodeJS.ProcessEnv): string {
  const host = given(env, 'HOST') ?? '127.0.0.1';
  if (!/^[\w.:%-]+$/.test(host)) {
    throw new StartupError('HOST is malformed: it must be a host name or an address.');
  }
  return host;
}

function portSetting(env: NodeJS.ProcessEnv): number {
  const text = given(env, 'PORT') ?? '5000';
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new StartupError('PORT is malformed: it must be a number from 0 to 65535.');
  }
  return Number(text);
}

function urlSetting(
  env: NodeJS.ProcessEnv,
  name: string,
  protocols: readonly string[],
): string | undefined {
  const text = given(env, name);
  if (text === undefined) return undefined;
  if (!isUrl(text, protocols)) {
    throw new StartupError(`${name} is malformed: it must begin with ${protocols[0]}//.`);
  }
  return text;
}

/** One Redis, or nodes of a cluster separated by commas; server and worker look closer. */
function redisSetting(env: NodeJS.ProcessEnv): string | undefined {
  const text = given(env, 'REDIS_URL');
  const protocols = ['redis:', 'rediss:', 'redis+cluster:', 'rediss+cluster:'];
  if (text === undefined || text.split(',').every((part) => isUrl(part.trim(), protocols))) {
    return text;
  }
  throw new StartupError(
    'REDIS_URL is malformed: it must be redis://host:port, for a cluster several separated by commas.',
  );
}

function isUrl(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}
