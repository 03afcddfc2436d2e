import { Agent, request } from 'node:http';
import { type Endpoint, endpoints } from '@chasqui/protocol';
import type { Reply } from '@chasqui/testkit';
import type { RestCase } from './cases/cases';
import { plainText } from './cases/jsonText';
import type { FuzzFixture } from './fuzzFixture';

/** Time limit for any answer. */
export const ANSWER_WITHIN_MS = 10_000;

/** Sends raw HTTP requests that no well-behaved client would send. Rejects without an answer. */
export function createRestRequests(baseUrl: string, { resolve }: FuzzFixture) {
  // The client closes idle connections first, so the server never closes one under a request.
  const agent = new Agent({ keepAlive: true, timeout: ANSWER_WITHIN_MS });
  const { hostname, port } = new URL(baseUrl);

  return {
    close: () => agent.destroy(),
    async send(asked: RestCase): Promise<Reply & { raw: string }> {
      const { method }: Endpoint = endpoints[asked.endpoint];
      const body = asked.body === undefined ? undefined : Buffer.from(resolve(asked.body));
      const authorization = header(resolve(asked.authorization));
      return new Promise((done, reject) => {
        const outgoing = request({
          ...{ agent, hostname, port, method, path: pathOf(asked, resolve) },
          signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
          headers: {
            ...(authorization !== '' && { authorization }),
            ...(body && { 'content-length': body.length }),
            ...(body && asked.contentType !== '' && { 'content-type': asked.contentType }),
          },
        });
        outgoing.once('error', reject);
        outgoing.once('response', (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('error', reject);
          response.once('end', () => {
            const raw = Buffer.concat(chunks).toString();
            const headers = new Headers();
            for (const [name, value] of Object.entries(response.headers)) {
              headers.set(name, String(value));
            }
            done({ status: response.statusCode ?? 0, headers, body: parsed(raw), raw });
          });
        });
        outgoing.end(body);
      });
    },
  };
}

function pathOf({ endpoint, params, query }: RestCase, resolve: FuzzFixture['resolve']): string {
  const { path }: Endpoint = endpoints[endpoint];
  const filled = path.replace(/:(\w+)/g, (_, name: string) =>
    escaped(resolve(plainText(params[name]))),
  );
  const search = Object.entries(query).flatMap(([name, value]) => {
    // A repeated name is parsed as an array, brackets as an object.
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return values.map((one) => `${escaped(name)}=${escaped(resolve(plainText(one)))}`);
  });
  return search.length === 0 ? filled : `${filled}?${search.join('&')}`;
}

/** Leaves percent signs alone, which may be part of an escape; short enough for an HTTP request line. */
function escaped(text: string): string {
  const bytes = Buffer.from(text.slice(0, 2_000));
  return [...bytes]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      return /[\w.~%:[\]$'-]/.test(letter) ? letter : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

function header(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

function parsed(raw: string): unknown {
  if (raw === '') return null;
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}
