import { errorFromWire } from '@pern/protocol/errorFromWire';
import { UnavailableError } from '@pern/protocol/errors';
import type { Endpoint } from '@pern/protocol/rest/endpoint';
import * as z from 'zod';
import { OfflineError } from '../errors';
import { type PathParams, pathOf, type QueryParams } from './path';

/** What goes with a request. */
export interface Ask {
  readonly params?: PathParams;
  readonly query?: QueryParams;
  readonly body?: unknown;
  readonly token?: string | undefined;
}

/** Longer than the server takes for any answer. */
const ANSWER_WITHIN_MS = 15_000;

const DOWNLOADED_WITHIN_MS = 3_600_000;

const errorBody = z.object({ error: z.unknown() });

/**
 * One request to the REST door, read by `answer`. Throws the errors of the contract as the server sent them, and
 * OfflineError when there is no answer: then nobody knows whether it was done. Throws ValidationError, and sends
 * nothing, when a parameter cannot be part of a path.
 */
export async function request<S extends z.ZodType>(
  baseUrl: string,
  endpoint: Pick<Endpoint, 'method' | 'path'>,
  answer: S,
  ask: Ask,
): Promise<z.output<S>> {
  const response = await fetched(
    baseUrl + pathOf(endpoint.path, ask.params, ask.query),
    endpoint.method,
    ask,
  );
  const body = await bodyOf(response);
  if (response.ok) return answer.parse(body);
  throw refusalOf(response, body);
}

/**
 * What may be larger than an answer should be, however long it takes. In a browser a large one lies on the disk. Throws like
 * `request`.
 */
export async function downloaded(
  baseUrl: string,
  { method, path }: Pick<Endpoint, 'method' | 'path'>,
  token: string,
): Promise<Blob> {
  const response = await fetched(baseUrl + pathOf(path), method, { token }, DOWNLOADED_WITHIN_MS);
  if (response.ok) {
    return response.blob().catch((error: unknown) => {
      throw new OfflineError('the answer broke off', { cause: error });
    });
  }
  throw refusalOf(response, await bodyOf(response));
}

function refusalOf(response: Response, body: unknown): Error {
  const told = errorBody.safeParse(body);
  if (told.success) return errorFromWire(told.data.error, retryAfter(response));
  // Not by our server: something between us and it.
  return new UnavailableError(`the server was not reached (${response.status})`);
}

async function fetched(
  url: string,
  method: string,
  { body, token }: Ask,
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
    throw new OfflineError('the answer broke off', { cause: error });
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
