import { createJsonSchemas, type Endpoint, type JsonSchema } from '@chasqui/protocol';
import * as fc from 'fast-check';
import { tokens } from './tokens';

/** A schema of the protocol for a body, a query or data. */
export type Schema = NonNullable<Endpoint['body']>;

/** Values that a schema accepts, or nearly. `about` names the kind of an `id` in it. */
export function valuesOf(schema: Schema, about: string): fc.Arbitrary<unknown> {
  const schemas = createJsonSchemas('draft-2020-12');
  const root = schemas.sent(schema);
  const components = schemas.components();
  return arbitraryOf(root, about, components);
}

type Components = Readonly<Record<string, JsonSchema>>;

function arbitraryOf(
  schema: JsonSchema,
  name: string,
  components: Components,
): fc.Arbitrary<unknown> {
  const { $ref, anyOf, type, enum: choices } = schema;
  const inner = (value: unknown, as: string) => arbitraryOf(record(value), as, components);
  if (typeof $ref === 'string') return inner(components[$ref.split('/').at(-1) ?? ''], name);
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map((one: unknown) => inner(one, name)));
  if (Array.isArray(choices)) return fc.constantFrom(...choices.map((one: unknown) => one));
  switch (type) {
    case 'object': {
      const fields = Object.entries(record(schema.properties ?? {})).map(
        ([key, value]) => [key, inner(value, key === 'id' ? name : key)] as const,
      );
      const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
      return fc.record(Object.fromEntries(fields), { requiredKeys: required });
    }
    case 'array':
      return fc.array(inner(schema.items, name), { maxLength: 4 });
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return numbers(
        Number(schema.minimum ?? 0),
        Number(schema.maximum ?? Number.MAX_SAFE_INTEGER),
      );
    case 'string':
      return texts(schema, name);
    default:
      // A schema without a type.
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function numbers(minimum: number, maximum: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: minimum, max: Math.min(maximum, minimum + 20) }),
    fc.constantFrom(minimum, maximum),
  );
}

function texts(schema: JsonSchema, name: string): fc.Arbitrary<string> {
  const known = tokens[name] ?? (schema.format === 'uuid' ? tokens.anything : undefined);
  if (known !== undefined) return fc.constantFrom(...known);
  const minLength = Number(schema.minLength ?? 0);
  const maxLength = Math.min(Number(schema.maxLength ?? 40), minLength + 40);
  return fc.string({ unit: 'grapheme', minLength, maxLength });
}

function record(value: unknown): JsonSchema {
  if (typeof value !== 'object' || value === null) throw new Error('not a schema');
  return Object.fromEntries(Object.entries(value));
}
