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
import { hasShape } from './shape';

export interface Ask {
  token?: string | undefined;
  /** What stands in the path: `{id: …}`. */
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

/** REST as the contract has it: what does not look as promised throws. */
export interface RestClient {
  /** Resolves to the answer; rejects when the request is refused, or answered in another shape. */
  call<N extends EndpointName>(
    name: N,
    ask?: Ask,
  ): Promise<{ status: number; body: AnswerOf<(typeof endpoints)[N]> }>;
  /** Resolves to the refusal; rejects when the request is answered. */
  refused(name: EndpointName, ask?: Ask): Promise<Refusal>;
}

/** `olderServer`: of a release that does not know every field yet. */
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
      const body = answerIn(endpoint, reply, olderServer);
      return { status: reply.status, body: body as AnswerOf<(typeof endpoints)[N]> };
    },
    async refused(name, ask = {}) {
      const reply = await request(endpoints[name], ask);
      if (reply.status < 400) throw new Error(`${name} was not refused but ${reply.status}`);
      const { error } = errorBodySchema.parse(reply.body);
      return { status: reply.status, name: error.name, error, headers: reply.headers };
    },
  };
}

/** No field may be missing or of another kind, and none may be there that the contract does not name. */
function answerIn(
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
    throw new Error(`${path} answers more than the contract names: ${JSON.stringify(body)}`);
  }
  return parsed;
}

/** The address of an endpoint with what stands in its path and its query. Throws when a parameter is missing. */
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
