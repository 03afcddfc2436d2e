import { RETENTION_MAX_S, RETENTION_MIN_S, USERNAME_MAX } from '@chasqui/protocol';
import * as z from 'zod';
import {
  hostName,
  hostNames,
  list,
  networks,
  onOrOff,
  origins,
  redisAddress,
  url,
  wholeNumber,
} from './values/kinds';
import { parsePublicKey } from './values/publicKey';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const retentionSeconds = wholeNumber(RETENTION_MIN_S, RETENTION_MAX_S)
  .optional()
  .describe(`a whole number of seconds from ${RETENTION_MIN_S} to ${RETENTION_MAX_S}`);

const mercureKey = z
  .string()
  .min(16)
  // In variables that cannot contain line breaks, write them as \\n.
  .transform((text) => text.replaceAll('\\n', '\n'))
  .refine((text) => !text.includes('-----BEGIN') || parsePublicKey(text) !== undefined)
  .optional()
  .describe('a secret of at least 16 characters, or a public key in PEM');

/**
 * Every setting of Chasqui, by the name of its environment variable. To add one, add a line here and a row to the
 * table in README.md: the server receives it, and the launcher validates it before it starts anything. A setting of
 * the worker must also be listed in `workerSettings`.
 */
const all = z.object({
  HOST: hostName.default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(5_000),
  DATABASE_URL: url(['postgres:', 'postgresql:']),
  DATABASE_POOL_MAX: wholeNumber(2, 200).default(16),
  REDIS_URL: redisAddress,
  // Used by the launcher. Server and worker watch the free space there when it is set.
  DATA_DIR: z.string().describe('a folder').optional(),
  JWT_SECRET: z.string().min(16).describe('a secret of at least 16 characters, better 32'),
  JWT_SECRET_OTHER: z
    .string()
    .min(16)
    .optional()
    .describe('a secret of at least 16 characters, better 32'),
  SESSION_MAX_AGE_S: wholeNumber(300, 315_360_000).default(15_552_000),
  EXTERNAL_ISSUER: z.string().min(1).max(255).optional().describe('the iss of its tokens'),
  EXTERNAL_AUDIENCE: z.string().min(1).max(255).optional().describe('the aud of its tokens'),
  EXTERNAL_SECRET: z.string().min(32).optional().describe('a secret of at least 32 characters'),
  EXTERNAL_PUBLIC_KEY: z
    .string()
    // In variables that cannot contain line breaks, write them as \\n.
    .transform((pem) => pem.replaceAll('\\n', '\n'))
    .refine((pem) => parsePublicKey(pem) !== undefined)
    .optional()
    .describe('a public key of RSA with 2,048 bits or more, or of P-256, in PEM'),
  EXTERNAL_JWKS_URL: url(['https:', 'http:']).optional(),
  ACCESS_TOKEN_TTL_S: wholeNumber(1, 86_400).default(900),
  CORS_ORIGINS: origins.default([]),
  TRUST_PROXY: networks.default([]),
  ALLOWED_HOSTS: hostNames.default([]),
  METRICS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,200}$/)
    .optional()
    .describe('16 to 200 printable characters without spaces'),
  SECURITY_CONTACT: url(['mailto:', 'https:', 'tel:']).optional(),
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
    .enum(LOG_LEVELS)
    .describe(`one of ${LOG_LEVELS.join(', ')}`)
    .default('info'),
  REGISTRATION: z
    .enum(['open', 'invite', 'closed'])
    .describe('open, invite or closed')
    .default('open'),
  PUSHER_APP_ID: z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .optional()
    .describe('the number of a Pusher app'),
  PUSHER_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,100}$/)
    .optional()
    .describe('1 to 100 letters, digits, hyphens and underscores'),
  PUSHER_SECRET: z
    .string()
    .min(16)
    .max(200)
    .optional()
    .describe('a secret of at least 16 characters'),
  MERCURE_PUBLISHER_JWT_KEY: mercureKey,
  MERCURE_SUBSCRIBER_JWT_KEY: mercureKey,
  MERCURE_JWT_ISSUER: z.string().min(1).max(255).optional().describe('the iss of its tokens'),
  MERCURE_JWT_AUDIENCE: z.string().min(1).max(255).optional().describe('the aud of its tokens'),
  MERCURE_ANONYMOUS: onOrOff.default(false),
  MERCURE_SUBSCRIPTIONS: onOrOff.default(false),
  // Set by the launcher when it runs the embedded PostgreSQL.
  EMBEDDED: onOrOff.default(false),
  RATE_LIMIT: onOrOff.default(true),
  RATE_LIMIT_MESSAGES_PER_SECOND: wholeNumber(1, 1_000_000).default(20),
  QUOTA_ACCOUNTS_PER_ADDRESS: wholeNumber(1, 1_000_000_000).default(20_000),
  QUOTA_CONVERSATIONS_PER_USER: wholeNumber(1, 1_000_000_000).default(20_000),
  QUOTA_CONTACTS_PER_USER: wholeNumber(1, 1_000_000_000).default(50_000),
  QUOTA_MEGABYTES_PER_USER: wholeNumber(1, 1_000_000_000).default(4_096),
  CONNECTIONS_PER_USER: wholeNumber(1, 1_000_000).default(500),
  CONNECTIONS_PER_ADDRESS: wholeNumber(1, 1_000_000).default(5_000),
  DELIVERY_BACKOFF_MS: wholeNumber(10, 600_000).default(2_000),
  SWEEP_INTERVAL_MS: wholeNumber(100, 3_600_000).default(10_000),
  AUDIT_INTERVAL_MS: wholeNumber(100, 86_400_000).default(60_000),
  CONTACT_POLICY: z.enum(['open', 'requests']).describe('open or requests').default('open'),
  RETENTION_DEFAULT_S: retentionSeconds,
  RETENTION_MAX_S: retentionSeconds,
  TOPIC_RETENTION_HOURS: wholeNumber(1, 8_760).default(24),
  WORKER_METRICS_PORT: wholeNumber(0, 65_535).optional(),
});

/** Settings of the worker. */
export const workerSettings = all.pick({
  DATABASE_URL: true,
  REDIS_URL: true,
  DATA_DIR: true,
  DELIVERY_BACKOFF_MS: true,
  SWEEP_INTERVAL_MS: true,
  AUDIT_INTERVAL_MS: true,
  RETENTION_MAX_S: true,
  TOPIC_RETENTION_HOURS: true,
  LOG_LEVEL: true,
  HOST: true,
  WORKER_METRICS_PORT: true,
});

/** Settings of the server: all except those of the worker and the launcher. */
export const serverSettings = all.omit({
  AUDIT_INTERVAL_MS: true,
  TOPIC_RETENTION_HOURS: true,
  WORKER_METRICS_PORT: true,
});

/** Settings of the launcher: all. Those that it can provide itself are optional. */
export const launcherSettings = all.extend({
  DATA_DIR: z.string().describe('a folder').default('.data'),
  DATABASE_URL: all.shape.DATABASE_URL.optional(),
  REDIS_URL: all.shape.REDIS_URL.optional(),
  JWT_SECRET: all.shape.JWT_SECRET.optional(),
});
