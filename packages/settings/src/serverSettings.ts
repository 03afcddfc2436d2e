import { type Environment, parseSettings as parse } from './parseSettings';
import { serverSettings } from './settings';
import type * as z from 'zod';

/** The server's settings, by the names of their environment variables: packages/settings has them all. */
export type Settings = z.output<typeof serverSettings>;

/** Throws SettingsError for the first that is missing or malformed. */
export function parseServerSettings(env: Environment): Settings {
  return parse(serverSettings, env);
}
