import {
  bearerToken,
  commands,
  type Endpoint,
  endpoints,
  MAX_FRAME_BYTES,
  parseHandshake,
  parseWith,
} from '@chasqui/protocol';
import { hostileTexts, slowText } from '@chasqui/testkit';
import * as z from 'zod';

// Every input of requests and commands, at the largest size that reaches its schema.

const beginnings = ['', 'a@', 'a@a', '0190b3c4-', '👍'];
const HEADERS = 16_384;

const rows: [name: string, schema: z.ZodType, length: number][] = [
  ...Object.entries<Endpoint>(endpoints).flatMap(([name, { params, query, body }]) =>
    [
      [`${name} params`, params, HEADERS] as const,
      [`${name} query`, query, HEADERS] as const,
      [`${name} body`, body, MAX_FRAME_BYTES] as const,
    ].flatMap(([what, schema, length]): [string, z.ZodType, number][] =>
      schema === undefined ? [] : [[what, schema, length]],
    ),
  ),
  ...commands.map(({ name, data }): [string, z.ZodType, number] => [name, data, MAX_FRAME_BYTES]),
];

/** Names of all fields, including those of union members. */
function fieldsOf(schema: z.ZodType): string[] {
  const text = JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
  return [...text.matchAll(/"([A-Za-z_]+)":\{/g)].map(([, name = '']) => name);
}

function refuses(schema: z.ZodType, value: unknown): void {
  try {
    parseWith(schema, value);
  } catch {
    // Only the time matters, not the result.
  }
}

test.each(rows)('%s is validated in linear time', (_name, schema, length) => {
  const fields = fieldsOf(schema);
  const filled = (value: unknown): unknown =>
    Object.fromEntries(fields.map((name) => [name, value]));
  const values = [
    ...hostileTexts(length, beginnings).map(filled),
    // As many items as fit.
    ...['', '0', 'x', 1, null].map((item) =>
      filled(Array<unknown>(Math.floor(length / 3)).fill(item)),
    ),
    ...['', '0', 'x', 1, null].map((item) => Array<unknown>(Math.floor(length / 3)).fill(item)),
    Object.fromEntries(Array.from({ length: Math.floor(length / 8) }, (_, i) => [`k${i}`, 1])),
  ];
  expect(slowText(values, (value) => refuses(schema, value))).toBeUndefined();
});

test('the handshake is parsed in linear time', () => {
  const read = (text: string): void => {
    for (const work of [
      () => bearerToken(`Bearer ${text}`),
      () => parseHandshake({ token: text, deviceId: text }),
      () => parseHandshake({ token: 't', deviceId: text }),
    ]) {
      try {
        work();
      } catch {
        // Only the time matters, not the result.
      }
    }
  };
  expect(slowText(hostileTexts(MAX_FRAME_BYTES, ['', 'a ']), read)).toBeUndefined();
});
