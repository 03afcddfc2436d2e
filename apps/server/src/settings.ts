import { isIP } from 'node:net';
import { RETENTION_MAX_S, RETENTION_MIN_S, USERNAME_MAX } from '@pern/protocol/limits';
import { parseRedisAddress, REDIS_ADDRESS_FORMAT } from '@pern/redis/addresses';
import * as z from 'zod';
import { isPublicKey } from './identity/externalKeys';
import { logLevels } from './operation/log';

/** A setting is missing or malformed. The message is one line and names it. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const wholeNumber = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .refine((number) => number >= minimum && number <= maximum)
    .describe(`a whole number from ${minimum} to ${maximum}`);

const retentionSeconds = wholeNumber(RETENTION_MIN_S, RETENTION_MAX_S)
  .optional()
  .describe(`a whole number of seconds from ${RETENTION_MIN_S} to ${RETENTION_MAX_S}`);

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const url = (protocols: string[]) =>
  z
    .string()
    .refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol))
    .describe(`a URL that begins with ${protocols[0]}//`);

const schema = z.object({
  HOST: z
    .string()
    .regex(/^[\w.:%-]+$/)
    .describe('a host name or an address')
    .default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(5_000),
  DATABASE_URL: url(['postgres:', 'postgresql:']),
  DATABASE_POOL_MAX: wholeNumber(2, 200).default(16),
  REDIS_URL: z.string().refine(isRedisAddress).describe(REDIS_ADDRESS_FORMAT),
  JWT_SECRET: z.string().min(16).describe('a secret of at least 16 characters, better 32'),
  EXTERNAL_ISSUER: z.string().min(1).max(255).optional().describe('the iss of its tokens'),
  EXTERNAL_AUDIENCE: z.string().min(1).max(255).optional().describe('the aud of its tokens'),
  EXTERNAL_SECRET: z.string().min(32).optional().describe('a secret of at least 32 characters'),
  EXTERNAL_PUBLIC_KEY: z
    .string()
    // Where a variable is one line, line breaks are written as \\n.
    .transform((pem) => pem.replaceAll('\\n', '\n'))
    .refine(isPublicKey)
    .optional()
    .describe('a public key of RSA with 2,048 bits or more, or of P-256, in PEM'),
  EXTERNAL_JWKS_URL: url(['https:', 'http:']).optional(),
  ACCESS_TOKEN_TTL_S: wholeNumber(1, 86_400).default(900),
  CORS_ORIGINS: list
    .refine((origins) => origins.every(isOrigin))
    .describe('origins like https://chat.example.org, separated by commas')
    .default([]),
  TRUST_PROXY: list
    .refine((entries) => entries.every(isNetwork))
    .describe('addresses or CIDR ranges of proxies, separated by commas')
    .default([]),
  NODE_NAME: z
    .string()
    .regex(/^[a-z0-9]{1,32}$/)
    .optional()
    .describe('1 to 32 lower-case letters and digits'),
  ADMIN_USERNAMES: list
    .refine((names) => names.every((name) => name.length <= USERNAME_MAX))
    .describe('user names, separated by commas')
    .default([]),
  LOG_LEVEL: z
    .enum(logLevels)
    .describe(`one of ${logLevels.join(', ')}`)
    .default('info'),
  RATE_LIMIT: z
    .enum(['on', 'off'])
    .transform((value) => value === 'on')
    .describe('on or off')
    .default(true),
  RATE_LIMIT_MESSAGES_PER_SECOND: wholeNumber(1, 1_000_000).default(20),
  CONNECTIONS_PER_USER: wholeNumber(1, 1_000_000).default(500),
  CONNECTIONS_PER_ADDRESS: wholeNumber(1, 1_000_000).default(5_000),
  DELIVERY_BACKOFF_MS: wholeNumber(1, 3_600_000).default(2_000),
  SWEEP_INTERVAL_MS: wholeNumber(1, 86_400_000).default(10_000),
  RETENTION_DEFAULT_S: retentionSeconds,
  RETENTION_MAX_S: retentionSeconds,
});

/** Everything that can be set from outside, by the name of its environment variable. */
export type Settings = z.output<typeof schema>;

/** Reads the settings; an empty variable counts as not given. Throws SettingsError for the first that is wrong. */
export function parseSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) {
    checkExternal(result.data);
    checkRetention(result.data);
    return result.data;
  }
  const name = String(result.error.issues[0]?.path[0]);
  // The value stays out of it: it may be a password.
  if (given[name] === undefined) throw new SettingsError(`${name} is missing.`);
  throw new SettingsError(`${name} is malformed: it must be ${describe(name)}.`);
}

/** Tokens of another issuer are checked by three things together, the key by one of three. */
function checkExternal(settings: Settings): void {
  const keys = (['EXTERNAL_SECRET', 'EXTERNAL_PUBLIC_KEY', 'EXTERNAL_JWKS_URL'] as const).filter(
    (name) => settings[name] !== undefined,
  );
  const both = ['EXTERNAL_ISSUER', 'EXTERNAL_AUDIENCE'] as const;
  const missing = both.filter((name) => settings[name] === undefined);
  if (keys.length === 0 && missing.length === both.length) return;
  if (missing[0] !== undefined) throw new SettingsError(`${missing[0]} is missing.`);
  if (keys[0] === undefined) {
    throw new SettingsError(
      'EXTERNAL_SECRET, EXTERNAL_PUBLIC_KEY or EXTERNAL_JWKS_URL is missing.',
    );
  }
  if (keys[1] !== undefined)
    throw new SettingsError(`${keys[1]} is one too many, with ${keys[0]}.`);
}

function checkRetention({ RETENTION_DEFAULT_S: byDefault, RETENTION_MAX_S: most }: Settings): void {
  if (byDefault !== undefined && most !== undefined && byDefault > most) {
    throw new SettingsError(
      'RETENTION_DEFAULT_S is malformed: it must be at most RETENTION_MAX_S.',
    );
  }
}

function describe(name: string): string {
  const field = Object.entries(schema.shape).find(([known]) => known === name)?.[1];
  const described = field instanceof z.ZodDefault ? field.unwrap() : field;
  return described instanceof z.ZodType ? (described.description ?? 'something else') : '';
}

function isRedisAddress(text: string): boolean {
  try {
    parseRedisAddress(text);
    return true;
  } catch {
    return false;
  }
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  );
}
