import { connect } from 'node:net';
import { errorBodySchema, type Message } from '@chasqui/protocol';
import {
  createHttpClient,
  createPeople,
  type HttpClient,
  type Instance,
  openInstance,
  type People,
  type Person,
} from '@chasqui/testkit';

// docs/testing/hostile-input.md against a running node: each input gets a declared error, and the process survives.

let instance: Instance;
let people: People;
let http: HttpClient;
let ana: Person;
let ben: Person;
let eve: Person;
let id: string;
let message: Message;
beforeAll(async () => {
  instance = await openInstance({ worker: false });
  people = createPeople(instance);
  http = createHttpClient(instance.url());
  ({ ana, ben, eve } = await people.registerAll('ana', 'ben', 'eve'));
  ({ id } = await people.direct(ana, ben));
  message = await ana.send(id, 'hello');
});
afterAll(async () => {
  people.disconnectAll();
  await instance.close();
});
afterEach(async () => {
  expect(instance.nodes[0]?.program.isRunning()).toBe(true);
  expect((await http('GET', '/healthz')).status).toBe(200);
});

const BACKSLASH = '\\';
/** Escapes that JSON.stringify does not produce. */
const escape = (hex: string) => `${BACKSLASH}u${hex}`;

describe('REST', () => {
  const content = (text: unknown) => ({ conversation_id: id, content_encrypted: text });
  const sends: [what: string, body: () => unknown][] = [
    ['no content', () => ({ conversation_id: id })],
    ['empty content', () => content('')],
    ['blank content', () => content(' \n\t ')],
    ['49,153 bytes', () => content('x'.repeat(49_153))],
    ['49,152 characters of two bytes', () => content('é'.repeat(49_152))],
    ['a number', () => content(5)],
    ['an object', () => content({ $ne: null })],
    ['U+0000', () => content('a\u0000b')],
    ['a control character', () => content('a\u0007b')],
    ['a lone surrogate', () => content('a\ud800b')],
    ['an array of ids', () => ({ ...content('x'), conversation_id: [id] })],
    ['null as an id', () => ({ ...content('x'), conversation_id: null })],
    ['an operator as an id', () => ({ ...content('x'), conversation_id: { $ne: id } })],
    ['an id that is not a UUID', () => ({ ...content('x'), conversation_id: '1 OR 1=1' })],
    ['an empty client message id', () => ({ ...content('x'), client_message_id: '' })],
    ['129 characters of one', () => ({ ...content('x'), client_message_id: 'c'.repeat(129) })],
    ['U+0000 in one', () => ({ ...content('x'), client_message_id: 'a\u0000' })],
    ['an array as one', () => ({ ...content('x'), client_message_id: ['a'] })],
    ['an unknown message type', () => ({ ...content('x'), message_type: 'event' })],
    ['a reply to an array', () => ({ ...content('x'), reply_to_id: [message.id] })],
  ];
  test.each(sends)('a send with %s is a ValidationError', async (_what, body) => {
    const reply = await http('POST', '/api/messages', { token: ana.token, body: body() });
    expect(reply.status).toBe(400);
    expect(errorBodySchema.parse(reply.body).error.name).toBe('ValidationError');
  });

  const kept: [what: string, text: string][] = [
    ['bidirectional control characters', '\u202eabc\u2066def\u2069\u200f'],
    ['emoji with joiners', '👩‍👩‍👧‍👦🏳️‍🌈'],
    ['tabs and line breaks', '\ta\r\nb\n'],
    ['49,152 bytes', 'x'.repeat(49_152)],
    ['quotes, backslashes and placeholders', `'";${BACKSLASH}$1 :version ?  %s {{x}} --`],
    ['not normalized text', 'e\u0301 \u00e9'],
    ['a noncharacter', 'a\uffff'],
  ];
  test.each(kept)('%s are kept exactly', async (_what, text) => {
    const sent = await ana.send(id, text);
    const params = { messageId: sent.id };
    const edited = await ana.call('editMessage', { params, body: { content_encrypted: text } });
    expect([sent.content_encrypted, edited.body.content_encrypted]).toEqual([text, text]);
    const stored = (await ben.history(id)).at(-1);
    expect(stored?.content_encrypted).toBe(text);
  });

  test('hostile keys, raw escapes and deep nesting do no harm', async () => {
    const head = `{"conversation_id":"${id}","content_encrypted":`;
    const deep = '['.repeat(20_000) + ']'.repeat(20_000);
    for (const [raw, status] of [
      [`${head}"ok","__proto__":{"seq":9},"constructor":{"prototype":{"x":1}}}`, 201],
      [`${head}"ok","deep":${deep}}`, 201],
      [`${head}${deep}}`, 400],
      [`${head}"a${escape('0000')}"}`, 400],
      [`${head}"a${escape('d83d')}"}`, 400],
      [`${head}"a${escape('d83d')}${escape('de00')}"}`, 201],
      ['{bad', 400],
      ['[]', 400],
      ['"text"', 400],
    ] as const) {
      const reply = await http('POST', '/api/messages', { token: ana.token, raw });
      // Deep nesting may be refused or ignored, but must not cause an InternalError.
      const expected = raw.includes('"deep"') ? [201, 400] : [status];
      expect(expected).toContain(reply.status);
    }
  });

  const queries: [path: string, name: string][] = [
    ['after_seq=-1', 'readHistory'],
    ['after_seq=1.5', 'readHistory'],
    ['before_seq=0', 'readHistory'],
    ['before_seq=9007199254740993', 'readHistory'],
    ['before_seq=9223372036854775808', 'readHistory'],
    ['before_seq=1e3', 'readHistory'],
    ['before_seq=0x10', 'readHistory'],
    ['offset=-1', 'readHistory'],
    ['offset=abc', 'readHistory'],
    ['limit=0', 'readHistory'],
    ['limit=101', 'readHistory'],
    ['limit=%00', 'readHistory'],
    ['limit=1&limit=2', 'readHistory'],
  ];
  test.each(queries)('history with %s is a ValidationError', async (query) => {
    const reply = await http('GET', `/api/messages/${id}?${query}`, { token: ana.token });
    expect([query, reply.status]).toEqual([query, 400]);
  });

  test('a malformed cursor, or one of another user, is a ValidationError that asks to start over', async () => {
    const { cursor } = (await eve.call('readSync')).body;
    for (const odd of [cursor, 'nonsense', 'AAAA', cursor.slice(0, -2), '%00', '']) {
      const refused = await ana.refused('readSync', { query: { cursor: odd } });
      expect(refused).toMatchObject({ status: 400, name: 'ValidationError' });
    }
    for (const name of ['listConversations', 'findUsers'] as const) {
      const refused = await ana.refused(name, { query: { cursor: '!!' } });
      expect(refused.status).toBe(400);
    }
    const said = (await ana.refused('readSync', { query: { cursor } })).error.message;
    expect(said).toMatch(/start over/);
  });

  test("a cursor of another user's list reveals nothing of it", async () => {
    for (let i = 0; i < 2; i += 1) await people.group(eve);
    const { next_cursor } = (await eve.call('listConversations', { query: { limit: 1 } })).body;
    const query = { cursor: next_cursor ?? 'none' };
    const reply = await http('GET', `/api/conversations?cursor=${query.cursor}`, {
      token: ana.token,
    });
    const mine = (await ana.call('listConversations')).body.conversations.map((one) => one.id);
    const shown = JSON.stringify(reply.body).match(/"id":"[^"]+","type":"(?:group|direct)/g) ?? [];
    expect(shown.filter((one) => !mine.some((own) => one.includes(own)))).toEqual([]);
  });

  test('a huge group, a blank title and malformed ids are refused', async () => {
    for (const body of [
      { title: ' ', participant_ids: [] },
      { title: 'x'.repeat(201), participant_ids: [] },
      { title: 'x', participant_ids: 'all' },
      { title: 'x', participant_ids: [null] },
      { title: 'x', participant_ids: [[ben.id]] },
      { title: 'x' },
      { participant_ids: [] },
    ]) {
      expect((await ana.refused('createGroup', { body })).name).toBe('ValidationError');
    }
  });

  test('invalid emojis and statuses are refused', async () => {
    const params = { messageId: message.id };
    for (const emoji of [
      '',
      ' ',
      'x'.repeat(65),
      'a b',
      '\u0000',
      '..',
      ':llama:',
      5,
      null,
      ['👍'],
    ]) {
      expect((await ana.refused('addReaction', { params, body: { emoji } })).status).toBe(400);
    }
    for (const status of ['sent', 'READ', '', null, ['read'], 1]) {
      expect((await ben.refused('reportStatus', { params, body: { status } })).status).toBe(400);
    }
  });

  test('endless requests and malformed HTTP do not block others', async () => {
    const { port } = new URL(instance.url());
    const opened = ['GET / HTTP/1.1\r\nHost: x\r\n', 'nonsense\r\n\r\n', '\u0016\u0003\u0001'].map(
      (text) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
        socket.on('error', () => undefined);
        return socket;
      },
    );
    expect((await http('GET', '/healthz')).status).toBe(200);
    for (const socket of opened) socket.destroy();
  });
});

test('an unexpected failure is an InternalError without details, over REST and sockets, and service resumes', async () => {
  const device = ana.device();
  await device.connect();
  const askBoth = async () => {
    const overSocket = await device.ask('chat:sync', {});
    const overRest = await http('GET', '/api/sync', { token: ana.token });
    return [overSocket.success ? 'success' : overSocket.error, overRest.status, overRest.body];
  };
  await instance.sql('ALTER FUNCTION begin_sync RENAME TO begin_sync_away');
  const error = { name: 'InternalError', message: 'something went wrong on our side' };
  try {
    expect(await askBoth()).toEqual([error, 500, { error }]);
    // Without a callback there is no answer, and the connection survives.
    device.socket().emit('chat:sync', {});
  } finally {
    await instance.sql('ALTER FUNCTION begin_sync_away RENAME TO begin_sync');
  }
  expect((await askBoth()).slice(0, 2)).toEqual(['success', 200]);
  expect(instance.nodes[0]?.program.output()).toContain('"unhandled error in request"');
});
