import { setTimeout as delay } from 'node:timers/promises';
import {
  type AnswerOf,
  type Endpoint,
  type EndpointName,
  endpoints,
  errorBodySchema,
  errorFromWire,
} from '@chasqui/protocol';
import { DemoFailure } from './bounded';

export interface Ask {
  token?: string;
  params?: Record<string, string>;
  query?: Record<string, string | number>;
  body?: object;
}

/** REST by plain HTTP. Too many requests or nobody there: the same again when it makes sense. */
export type Api = <N extends EndpointName>(
  name: N,
  ask?: Ask,
) => Promise<AnswerOf<(typeof endpoints)[N]>>;

const ATTEMPTS = 60;

export function createApi(baseUrl: string): Api {
  return async <N extends EndpointName>(name: N, ask: Ask = {}) => {
    const endpoint: Endpoint = endpoints[name];
    let reason = 'no answer';
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const response = await request(baseUrl, endpoint, ask).catch(() => undefined);
      if (response?.ok === true) {
        const schema = endpoint.answers[response.status];
        const body = schema ? schema.parse(await response.json()) : undefined;
        return body as AnswerOf<(typeof endpoints)[N]>;
      }
      let waitS = 0.3;
      if (response !== undefined) {
        const body = errorBodySchema.safeParse(await response.json().catch(() => undefined));
        const retryAfter = Number(response.headers.get('retry-after')) || undefined;
        const error = errorFromWire(body.data?.error, retryAfter);
        reason = `${error.name}, ${error.message}`;
        if (error.retryAfterSeconds === undefined) break;
        waitS = error.retryAfterSeconds;
      }
      await delay(waitS * 1000);
    }
    throw new DemoFailure(`${endpoint.method} ${endpoint.path} was refused: ${reason}.`);
  };
}

function request(baseUrl: string, { method, path }: Endpoint, ask: Ask): Promise<Response> {
  const { token, params = {}, query = {}, body } = ask;
  const url = new URL(
    path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? '')),
    baseUrl,
  );
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return fetch(url, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
}
