import {
  type AnswerOf,
  type Endpoint,
  type EndpointName,
  endpoints,
  errorBodySchema,
  type ErrorName,
  type WireError,
} from '@chasqui/protocol';
import { createHttpClient, type Reply } from './httpClient';
import { hasShape } from '../device/shape';

export interface Ask {
  token?: string | undefined;
  /** Path parameters: `{id: …}`. */
  params?: Record<string, string>;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
}

export interface Refusal {
  status: number;
  name: ErrorName;
  error: WireError;
  headers: Headers;
}

/** A typed REST client that throws when a response does not match its declared schema. */
export interface RestClient {
  /** Resolves to the answer; rejects when the request is refused or the answer has an unexpected shape. */
  call<N extends EndpointName>(
    name: N,
    ask?: Ask,
  ): Promise<{ status: number; body: AnswerOf<(typeof endpoints)[N]> }>;
  /** Resolves to the refusal; rejects when the request succeeds. */
  refused(name: EndpointName, ask?: Ask): Promise<Refusal>;
}

/** `olderServer`: the server may lack fields with defaults. */
export function createRestClient(baseUrl: string, olderServer = false): RestClient {
  const http = createHttpClient(baseUrl);
  const request = (endpoint: Endpoint, ask: Ask): Promise<Reply> =>
    http(endpoint.method, pathOf(endpoint.path, ask), { token: ask.token, body: ask.body });

  return {
    async call<N extends EndpointName>(name: N, ask: Ask = {}) {
      const endpoint: Endpoint = endpoints[name];
      const reply = await request(endpoint, ask);
      if (!(reply.status in endpoint.answers)) {
        throw new Error(`${name} was answered ${reply.status}: ${JSON.stringify(reply.body)}`);
      }
      const body = parseAnswer(endpoint, reply, olderServer);
      return { status: reply.status, body: body as AnswerOf<(typeof endpoints)[N]> };
    },
    async refused(name, ask = {}) {
      const reply = await request(endpoints[name], ask);
      if (reply.status < 400) throw new Error(`${name} was not refused: ${reply.status}`);
      const { error } = errorBodySchema.parse(reply.body);
      return { status: reply.status, name: error.name, error, headers: reply.headers };
    },
  };
}

/** Throws if a field is missing, has another type, or is not declared. */
function parseAnswer(
  { path, answers }: Endpoint,
  { status, body }: Reply,
  olderServer: boolean,
): unknown {
  const schema = answers[status];
  if (!schema) {
    if (body !== null) throw new Error(`${path} has a body with ${status}`);
    return undefined;
  }
  const parsed = schema.parse(body);
  if (!hasShape(parsed, body, olderServer)) {
    throw new Error(`${path} returns undeclared fields: ${JSON.stringify(body)}`);
  }
  return parsed;
}

/** Fills the parameters into a path and appends the query. Throws when a parameter is missing. */
export function pathOf(path: string, { params = {}, query = {} }: Ask): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`${path} needs ${name}`);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? filled : `${filled}?${search.toString()}`;
}
