import type * as z from 'zod';
import { errorBodySchema, type ErrorName } from '../errors/errors';
import { PROTOCOL } from '../limits';
import type { Endpoint } from '../rest/endpoint';
import { endpoints } from '../rest/endpoints';
import { createJsonSchemas, type JsonSchema, type JsonSchemas } from './jsonSchemas';

const success: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Created.',
  202: 'Asked; it waits for an answer.',
  204: 'Done; no body.',
  503: 'It cannot serve.',
};

/** All errors by status code; endpoints refer to them. */
const refusal: Readonly<Record<number, { name: ErrorName; when: string; wait?: true }>> = {
  400: { name: 'ValidationError', when: 'malformed, missing or out of range' },
  401: { name: 'UnauthorizedError', when: 'no, wrong, expired or revoked token' },
  403: { name: 'ForbiddenError', when: 'a participant without the role for it' },
  404: { name: 'NotFoundError', when: 'no such thing, or not yours to see' },
  409: { name: 'ConflictError', when: 'taken, there already, or an id reused with other content' },
  413: { name: 'ValidationError', when: 'the body is too large' },
  415: { name: 'ValidationError', when: 'the body is not JSON' },
  429: { name: 'RateLimitError', when: 'too many requests', wait: true },
  500: { name: 'InternalError', when: 'a bug; details only in the log' },
  503: {
    name: 'UnavailableError',
    when: 'PostgreSQL is not available: retry with the same client message id',
    wait: true,
  },
};

/** The REST endpoints as an OpenAPI 3.1 document, generated except for the frame around the schemas. */
export function openApiDocument(): JsonSchema {
  const schemas = createJsonSchemas('draft-2020-12');
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const [name, endpoint] of Object.entries<Endpoint>(endpoints)) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = {
      ...paths[path],
      [endpoint.method.toLowerCase()]: operation(name, endpoint, schemas),
    };
  }
  const errorBody = schemas.received(errorBodySchema);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Chasqui REST',
      version: String(PROTOCOL),
      description: 'Generated from packages/protocol. Unknown and server-set fields are ignored.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ accessToken: [] }],
    paths,
    components: {
      securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      responses: refusalResponses(errorBody),
      schemas: schemas.components(),
    },
  };
}

function operation(name: string, endpoint: Endpoint, schemas: JsonSchemas): JsonSchema {
  const { summary, open, params, query, body } = endpoint;
  const parameters = [
    ...(params === undefined ? [] : parametersOf('path', schemas.sent(params))),
    ...(query === undefined ? [] : parametersOf('query', schemas.sent(query))),
  ];
  return {
    operationId: name,
    tags: [tagOf(endpoint.path)],
    summary,
    ...(open === true ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: json(schemas.sent(body)) } }),
    responses: { ...refusalsOf(endpoint), ...answersOf(endpoint, schemas) },
  };
}

function answersOf({ answers, mediaType }: Endpoint, schemas: JsonSchemas): JsonSchema {
  const answer = ([code, schema]: [string, z.ZodType | null]): [string, JsonSchema] => [
    code,
    {
      description: success[Number(code)],
      ...(schema === null ? {} : { content: json(schemas.received(schema), mediaType) }),
    },
  ];
  return Object.fromEntries(Object.entries(answers).map(answer));
}

function refusalsOf({ refusals, open, body, path }: Endpoint): JsonSchema {
  if (!path.startsWith('/api/')) return {};
  const names = new Set<ErrorName>([...refusals, 'RateLimitError', 'InternalError']);
  names.add('UnavailableError');
  if (open !== true) names.add('UnauthorizedError');
  const applies = (code: string): boolean =>
    code === '413' || code === '415'
      ? body !== undefined
      : names.has(refusal[Number(code)]?.name ?? 'InternalError');
  const reference = (code: string): [string, JsonSchema] => [
    code,
    { $ref: `#/components/responses/${code}` },
  ];
  return Object.fromEntries(Object.keys(refusal).filter(applies).map(reference));
}

function refusalResponses(errorBody: JsonSchema): JsonSchema {
  const response = ([code, { name, when, wait }]: [string, (typeof refusal)[number]]): [
    string,
    JsonSchema,
  ] => [
    code,
    {
      description: `${name}: ${when}.`,
      ...(wait === true ? { headers: { 'Retry-After': retryAfter } } : {}),
      content: json(errorBody),
    },
  ];
  return Object.fromEntries(Object.entries(refusal).map(response));
}

const retryAfter = {
  description: 'Seconds to wait before a retry.',
  schema: { type: 'integer', minimum: 1 },
};

function parametersOf(place: 'path' | 'query', schema: JsonSchema): JsonSchema[] {
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: property as JsonSchema,
  }));
}

function tagOf(path: string): string {
  const [, first = '', second = ''] = path.split('/');
  return first === 'api' ? second : 'operation';
}

function json(schema: JsonSchema, mediaType = 'application/json'): JsonSchema {
  return { [mediaType]: { schema } };
}
