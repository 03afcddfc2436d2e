import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { UnauthorizedError } from '@chasqui/protocol';

/** The app of an application that publishes to channels of its own. */
export interface PusherApp {
  readonly id: string;
  readonly key: string;
  readonly secret: string;
}

export interface SignedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  /** As sent; empty for a request without a body. */
  readonly body: Buffer;
}

/** Seconds by which the clocks of application and server may differ. */
const CLOCK_SKEW_S = 600;

/**
 * Checks the signature of a request over method, path, query and the digest of its body. Returns the query's parameters.
 * Throws UnauthorizedError with the reason.
 */
export function verifyRequest(
  request: SignedRequest,
  app: PusherApp,
  nowMs: number,
): ReadonlyMap<string, string> {
  const params = parseQuery(request.query);
  if (params.get('auth_key') !== app.key) throw refused('auth_key is not the key of the app');
  if (params.get('auth_version') !== '1.0') throw refused('auth_version must be 1.0');
  const timestamp = Number(params.get('auth_timestamp') ?? Number.NaN);
  if (!(Math.abs(nowMs / 1_000 - timestamp) <= CLOCK_SKEW_S))
    throw refused(`auth_timestamp differs by more than ${CLOCK_SKEW_S} s`);
  const signature = params.get('auth_signature') ?? '';
  const signed = [...params]
    .filter(([name]) => name !== 'auth_signature')
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const text = [request.method.toUpperCase(), request.path, signed].join('\n');
  if (!isSame(signature, createHmac('sha256', app.secret).update(text).digest('hex')))
    throw refused('auth_signature is invalid');
  // Part of the signature, so the digest proves the body.
  const digest = createHash('md5').update(request.body).digest('hex');
  if (request.body.length > 0 && !isSame(params.get('body_md5') ?? '', digest))
    throw refused('body_md5 is not the digest of the body');
  return params;
}

/** Signatures cover decoded values. A plus sign is no space here: libraries do not write one for it. */
function parseQuery(query: string): Map<string, string> {
  const params = new Map<string, string>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const [name, value] = at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
    params.set(decode(name), decode(value));
  }
  return params;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused('the query is malformed');
  }
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const refused = (reason: string): UnauthorizedError => new UnauthorizedError(reason);
