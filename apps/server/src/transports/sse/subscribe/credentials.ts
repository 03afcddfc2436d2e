import type { IncomingMessage } from 'node:http';
import { UnauthorizedError } from '@chasqui/protocol';
import { queryOf } from './subscribeRequest';

const COOKIES = ['mercureAuthorization', '__Secure-mercure_access_token'];
const SCHEME = 'bearer ';

/** A token and the way it came. */
export interface Credentials {
  readonly token: string;
  readonly from: 'header' | 'query' | 'cookie';
}

/**
 * The token of a request: from the header, else from the URL, else from a cookie. The first one counts even if it is
 * invalid, so that nobody acts as somebody else by accident. Throws UnauthorizedError for another scheme.
 */
export function credentialsOf(
  request: IncomingMessage,
  { acceptsQuery }: { acceptsQuery: boolean },
): Credentials | undefined {
  const { authorization, cookie } = request.headers;
  if (authorization !== undefined) {
    if (!authorization.toLowerCase().startsWith(SCHEME)) throw new UnauthorizedError();
    return { token: authorization.slice(SCHEME.length).trim(), from: 'header' };
  }
  const inUrl = acceptsQuery ? queryOf(request).get('authorization') : null;
  if (inUrl !== null) return { token: inUrl, from: 'query' };
  const inCookie = cookie === undefined ? undefined : cookieOf(cookie);
  return inCookie === undefined ? undefined : { token: inCookie, from: 'cookie' };
}

function cookieOf(header: string): string | undefined {
  for (const part of header.split(';')) {
    const [name = '', ...value] = part.split('=');
    if (COOKIES.includes(name.trim())) return value.join('=').trim();
  }
  return undefined;
}
