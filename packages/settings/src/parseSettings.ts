import * as z from 'zod';

/** A setting is missing or malformed. The message is one line that names it. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings of one program. An empty variable counts as missing. Spaces around a value are ignored, except
 * in a secret. Throws SettingsError for the first invalid setting, without its value: it may be a password.
 */
export function parseSettings<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: Environment,
): z.output<z.ZodObject<Shape>> {
  const given = Object.fromEntries(
    Object.entries(env)
      .map(([name, value = '']) => [name, name.includes('_SECRET') ? value : value.trim()] as const)
      .filter(([, value]) => value !== ''),
  );
  const result = schema.safeParse(given);
  if (result.success) {
    checkSecrets(given);
    checkExternal(given);
    checkRetention(given);
    return result.data;
  }
  const name = String(result.error.issues[0]?.path[0]);
  if (given[name] === undefined) throw new SettingsError(`${name} is missing.`);
  throw new SettingsError(`${name} is malformed: it must be ${describe(schema, name)}.`);
}

function checkSecrets({ JWT_SECRET: signing, JWT_SECRET_OTHER: other }: Environment): void {
  if (other !== undefined && other === signing) {
    throw new SettingsError('JWT_SECRET_OTHER is malformed: it must differ from JWT_SECRET.');
  }
}

/** External tokens need an issuer, an audience and exactly one key. */
function checkExternal(given: Environment): void {
  const keys = ['EXTERNAL_SECRET', 'EXTERNAL_PUBLIC_KEY', 'EXTERNAL_JWKS_URL'].filter(
    (name) => given[name] !== undefined,
  );
  const both = ['EXTERNAL_ISSUER', 'EXTERNAL_AUDIENCE'];
  const missing = both.filter((name) => given[name] === undefined);
  if (keys.length === 0 && missing.length === both.length) return;
  if (missing[0] !== undefined) throw new SettingsError(`${missing[0]} is missing.`);
  if (keys[0] === undefined) {
    throw new SettingsError(
      'EXTERNAL_SECRET, EXTERNAL_PUBLIC_KEY or EXTERNAL_JWKS_URL is missing: set one of them.',
    );
  }
  if (keys[1] !== undefined) {
    throw new SettingsError(`${keys[0]} and ${keys[1]} exclude each other: set only one of them.`);
  }
}

function checkRetention(given: Environment): void {
  const { RETENTION_DEFAULT_S: byDefault, RETENTION_MAX_S: most } = given;
  if (byDefault !== undefined && most !== undefined && Number(byDefault) > Number(most)) {
    throw new SettingsError(
      'RETENTION_DEFAULT_S is malformed: it must be at most RETENTION_MAX_S.',
    );
  }
}

/** The description is on the field, or on the field that an optional or a default wraps. */
function describe(schema: z.ZodObject, name: string): string {
  let field: unknown = schema.shape[name];
  while (field instanceof z.ZodDefault || field instanceof z.ZodOptional) {
    if (field.description !== undefined) return field.description;
    field = field.unwrap();
  }
  return field instanceof z.ZodType ? (field.description ?? 'something else') : 'something else';
}
