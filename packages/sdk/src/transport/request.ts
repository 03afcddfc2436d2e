import { type Endpoint, errorFromWire, UnavailableError } from '@chasqui/protocol';
import * as z from 'zod';
import { OfflineError } from '../errors';
import { type PathParams, pathOf, type QueryParams } from './path';

/** Parameters of a request. */
export interface RequestOptions {
  readonly params?: PathParams;
  readonly query?: QueryParams;
  readonly body?: unknown;
  readonly token?: string | undefined;
}

/** Longer than the server takes for any response. */
const ANSWER_WITHIN_MS = 15_000;

const DOWNLOADED_WITHIN_MS = 3_600_000;

const errorBody = z.object({ error: z.unknown() });

/**
 * Sends one REST request and parses the response with `answer`. Throws the error the server sent; OfflineError when there
 * is no response, so that the outcome is unknown; UnavailableError when something other than the server responded. Throws
 * ValidationError without sending anything when a parameter cannot be part of a path.
 */
export async function request<S extends z.ZodType>(
  baseUrl: string,
  endpoint: Pick<Endpoint, 'method' | 'path'>,
  answer: S,
  options: RequestOptions,
): Promise<z.output<S>> {
  const response = await fetched(
    baseUrl + pathOf(endpoint.path, options.params, options.query),
    endpoint.method,
    options,
  );
  const body = await bodyOf(response);
  if (response.ok) return answer.parse(body);
  throw refusalOf(response, body);
}

/**
 * Downloads a response of any size within an hour. Browsers keep large blobs on disk. Throws like `request`; OfflineError
 * also when the download breaks off.
 */
export async function downloaded(
  baseUrl: string,
  { method, path }: Pick<Endpoint, 'method' | 'path'>,
  token: string,
): Promise<Blob> {
  const response = await fetched(baseUrl + pathOf(path), method, { token }, DOWNLOADED_WITHIN_MS);
  if (response.ok) {
    return response.blob().catch((error: unknown) => {
      throw new OfflineError('the response was cut off', { cause: error });
    });
  }
  throw refusalOf(response, await bodyOf(response));
}

function refusalOf(response: Response, body: unknown): Error {
  const parsed = errorBody.safeParse(body);
  if (parsed.success) return errorFromWire(parsed.data.error, retryAfter(response));
  // Not from our server: a proxy or portal responded instead.
  return new UnavailableError(`the server was not reached (${response.status})`);
}

async function fetched(
  url: string,
  method: string,
  { body, token }: RequestOptions,
  withinMs = ANSWER_WITHIN_MS,
): Promise<Response> {
  try {
    return await fetch(url, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(withinMs),
      credentials: 'omit',
    });
  } catch (error) {
    throw new OfflineError(undefined, { cause: error });
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw new OfflineError('the response was cut off', { cause: error });
  }
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return seconds > 0 ? seconds : undefined;
}
