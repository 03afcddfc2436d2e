import * as z from 'zod';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Converts schemas to JSON Schema and collects the named ones (Message, User, …) as components of one document. */
export interface JsonSchemas {
  /** Schema of what a client may send. */
  sent(schema: z.ZodType): JsonSchema;
  /** Schema of what a client receives. Newer servers may add fields, so additional ones are allowed. */
  received(schema: z.ZodType): JsonSchema;
  /** The named schemas collected so far, by name. */
  components(): Readonly<Record<string, JsonSchema>>;
}

/** OpenAPI 3.1 uses draft 2020-12, AsyncAPI a superset of draft 7. Throws if two schemas share a name. */
export function createJsonSchemas(target: 'draft-2020-12' | 'draft-7'): JsonSchemas {
  const named = new Map<string, JsonSchema>();
  const definitions = target === 'draft-7' ? 'definitions' : '$defs';

  function convert(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    // Wrapped, so that a named schema becomes a reference as well.
    const wrapper = z.object({ wrapped: schema });
    const whole = asRecord(
      plain(z.toJSONSchema(wrapper, { io, target, override: admitUnknownFields }), definitions),
    );
    for (const [name, definition] of Object.entries(asRecord(whole[definitions] ?? {}))) {
      keep(name, asRecord(definition));
    }
    return asRecord(asRecord(whole.properties).wrapped);
  }

  function keep(name: string, { id: _, ...schema }: JsonSchema): void {
    const known = named.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`two different schemas are named ${name}`);
    }
    named.set(name, schema);
  }

  return {
    sent: (schema) => convert(schema, 'input'),
    received: (schema) => convert(schema, 'output'),
    components: () => Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function admitUnknownFields({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}

/** The form written to the file: without undefined, and with references to the document's components. */
function plain(value: unknown, definitions: string): unknown {
  const text = JSON.stringify(value);
  return JSON.parse(text.replaceAll(`"#/${definitions}/`, '"#/components/schemas/'));
}

function asRecord(value: unknown): JsonSchema {
  if (!isRecord(value)) throw new Error('not a JSON object');
  return value;
}

function isRecord(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
