/** A response; `body` is parsed JSON, or null if empty. */
export interface Reply {
  status: number;
  headers: Headers;
  body: unknown;
}

export interface RequestOptions {
  token?: string | undefined;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent unchanged instead of `body`. */
  raw?: string | Buffer;
  headers?: Record<string, string>;
}

export type HttpClient = (method: string, path: string, options?: RequestOptions) => Promise<Reply>;

/** Longer than any request may take. */
const ANSWER_WITHIN_MS = 30_000;

/** Plain HTTP to one node. Rejects without a response within 30 s. */
export function createHttpClient(baseUrl: string): HttpClient {
  return async (method, path, { token, body, raw, headers = {} } = {}) => {
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      headers: {
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(content === undefined ? {} : { body: content }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parsed(text) };
  };
}

function parsed(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
