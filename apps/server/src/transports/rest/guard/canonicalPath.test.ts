import { request as httpRequest } from 'node:http';
import { type Endpoint, endpoints, messageSchema } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import { openServerFixture, quietLog, type ServerFixture } from '@chasqui/testkit';
import { type Node, startNode } from '../../../startNode';

let fixture: ServerFixture<Node>;
beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log: quietLog(), redisPrefix }),
  );
  await fixture.open({ RATE_LIMIT: 'off' });
});
afterAll(() => fixture.close());

/** Sends the path unchanged; `fetch` would parse and rewrite it. */
function rawStatus(method: string, path: string, token: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { method, path, port: new URL(fixture.urlOf()).port, host: '127.0.0.1', agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    sent.on('error', reject);
    sent.setHeader('authorization', `Bearer ${token}`);
    sent.end();
  });
}

/** A user with a message of their own. */
async function scene() {
  const { access_token: token } = await fixture.register();
  const { user: other } = await fixture.register();
  const conversation_id = await fixture.direct(token, other.id);
  const http = fixture.httpOf();
  const body = { conversation_id, content_encrypted: 'hello' };
  const sent = messageSchema.parse((await http('POST', '/api/messages', { token, body })).body);
  const isThere = async (): Promise<boolean> => {
    const { body: page } = await http('GET', `/api/messages/${conversation_id}`, { token });
    return JSON.stringify(page).includes('"content_encrypted":"hello"');
  };
  return { token, http, id: sent.id, isThere };
}

const someId = '0189d8a4-1111-7000-8000-000000000001';
const rows = Object.values<Endpoint>(endpoints).filter(({ path }) => path.startsWith('/api/'));

test.each(rows.map(({ method, path }) => [method, path]))(
  '%s %s accepts only the canonical path',
  async (method, path) => {
    const { access_token: token } = await fixture.register();
    const filled = path.replace(/:\w+/g, someId);
    const odd = [
      ...['/', '//', '/.', '/..', '/%2e', '/%2E.', '/./', '/x/..', '\\', '/..;/'].map(
        (end) => filled + end,
      ),
      filled.replace('/api/', '/api//'),
      filled.replace('/api/', '/api/./'),
      filled.replace('/api/', '/x/../api/'),
      filled.replace('/api/', '//api/'),
    ];
    for (const one of odd) expect([one, await rawStatus(method, one, token)]).toEqual([one, 404]);
  },
);

test.each(['..', '.', '%2e%2e', '%2E.', '../', './', '', '..%2f', '..\\'])(
  'removing the reaction %j never deletes the message',
  async (text) => {
    const { token, http, id, isThere } = await scene();
    const path = `/api/messages/${id}/reactions/${text}`;
    // As a browser sends it, and as a program that does not normalize paths.
    const { status } = await http('DELETE', path, { token });
    expect([text, status < 500]).toEqual([text, true]);
    expect(await rawStatus('DELETE', path, token)).toBeLessThan(500);
    expect(await isThere()).toBe(true);
  },
);

test('a reaction is removed by path and by query, however it is encoded', async () => {
  const { token, http, id } = await scene();
  const reactions = async (emoji: string) => {
    const reply = await http('POST', `/api/messages/${id}/reactions`, { token, body: { emoji } });
    return messageSchema.parse(reply.body).reactions.map((one) => one.emoji);
  };
  expect(await reactions('❤')).toEqual(['❤️']);
  expect(await reactions('❤️')).toEqual(['❤️']);
  const heart = encodeURIComponent('❤');
  const byPath = await http('DELETE', `/api/messages/${id}/reactions/${heart}`, { token });
  expect(byPath.status).toBe(204);
  expect(await reactions('👍')).toEqual(['👍']);
  const thumb = encodeURIComponent('👍');
  const byQuery = await http('DELETE', `/api/messages/${id}/reactions?emoji=${thumb}`, { token });
  expect(byQuery.status).toBe(204);
  expect(await reactions('🎉')).toEqual(['🎉']);
});

test.each(['..', '.', '%2e', '/', ':party:', 'a', '👍👍', '❤\ufe0e', '__proto__'])(
  '%j is not a reaction',
  async (emoji) => {
    const { token, http, id } = await scene();
    const path = `/api/messages/${id}/reactions`;
    expect((await http('POST', path, { token, body: { emoji } })).status).toBe(400);
  },
);
