import { Agent, request } from 'node:http';
import { type Endpoint, endpoints } from '@chasqui/protocol';
import type { Reply } from '@chasqui/testkit';
import type { RestCase } from './cases';
import { plainText } from './jsonText';
import type { World } from './world';

/** How long anything may take to be answered. */
export const ANSWER_WITHIN_MS = 10_000;

/** Asks by plain HTTP, with what no well-behaved client would let through. Rejects when there is no answer. */
export function createRestAsker(baseUrl: string, { resolve }: World) {
  // Idle ones are closed on this side, long before the server closes them under a request.
  const agent = new Agent({ keepAlive: true, timeout: ANSWER_WITHIN_MS });
  const { hostname, port } = new URL(baseUrl);

  return {
    close: () => agent.destroy(),
    async ask(asked: RestCase): Promise<Reply & { raw: string }> {
      const { method }: Endpoint = endpoints[asked.endpoint];
      const body = asked.body === undefined ? undefined : Buffer.from(resolve(asked.body));
      const authorization = header(resolve(asked.authorization));
      return new Promise((done, reject) => {
        const sent = request({
          ...{ agent, hostname, port, method, path: pathOf(asked, resolve) },
          signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
          headers: {
            ...(authorization !== '' && { authorization }),
            ...(body && { 'content-length': body.length }),
            ...(body && asked.contentType !== '' && { 'content-type': asked.contentType }),
          },
        });
        sent.once('error', reject);
        sent.once('response', (response) => {
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
        sent.end(body);
      });
    },
  };
}

function pathOf({ endpoint, params, query }: RestCase, resolve: World['resolve']): string {
  const { path }: Endpoint = endpoints[endpoint];
  const filled = path.replace(/:(\w+)/g, (_, name: string) =>
    escaped(resolve(plainText(params[name]))),
  );
  const search = Object.entries(query).flatMap(([name, value]) => {
    // Twice, as an array; within brackets, as an object.
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return values.map((one) => `${escaped(name)}=${escaped(resolve(plainText(one)))}`);
  });
  return search.length === 0 ? filled : `${filled}?${search.join('&')}`;
}

/** As it is where it is a percent sign, which may be half of an escape; short enough for a line of HTTP. */
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
