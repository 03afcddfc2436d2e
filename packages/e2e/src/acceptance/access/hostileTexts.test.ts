import {
  createHttpClient,
  createPeople,
  type Instance,
  openInstance,
  type People,
  type Person,
  until,
} from '@chasqui/testkit';

// Text chosen by people or clients stays text: it never acts as a path, a pattern or a key.

let instance: Instance;
let people: People;
let ana: Person;
let ben: Person;
beforeAll(async () => {
  instance = await openInstance({ worker: false });
  people = createPeople(instance);
  ({ ana, ben } = await people.registerAll('ana', 'ben'));
});
afterAll(async () => {
  people.disconnectAll();
  await instance.close();
});

const texts = [
  ...['..', '.', '%2e%2e', '%2E', '../..', '..\\', '/', '//', '\\', '?', '#', '%', '_', '%00', '*'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'null',
    'undefined',
    'true',
    '0',
    '7',
  ],
  ...[
    '{x}',
    '{',
    '}',
    ':',
    'a:b',
    '{ana}:users',
    'conversation:1',
    '[a',
    'a]',
    ',',
    ';',
    '|',
    '$1',
    ':id',
  ],
  ...[
    "' OR 1=1 --",
    '"',
    '`',
    '<b>',
    '<!--',
    '&amp;',
    '${x}',
    '{{x}}',
    'a\u2028b',
    '\u202eabc',
    '\u2067',
  ],
  ...['a\tb', 'a\r\nX-Evil: 1', '\u200b.', 'é', 'e\u0301', 'İ', 'ς', '❤', '❤️', '👩‍👩‍👧‍👦', '\ufeffx'],
];

test.each(texts)('%j works as the id of a device, of a message and of a group', async (text) => {
  const { id: conversation_id } = await people.direct(ana, ben);
  const send = { conversation_id, content_encrypted: 'hello', client_message_id: text };
  const first = await ana.call('sendMessage', { body: send });
  expect(first.body.client_message_id).toBe(text);
  const repeat = await ana.call('sendMessage', { body: send });
  expect([repeat.status, repeat.body.id]).toEqual([200, first.body.id]);

  const group = { title: 'Choir', participant_ids: [ben.id], client_id: text };
  const made = await ana.call('createGroup', { body: group });
  expect([made.status, made.body.my.role]).toEqual([201, 'admin']);
  expect((await ana.call('createGroup', { body: group })).body.id).toBe(made.body.id);

  const device = ben.device({ deviceId: text });
  await device.connect();
  await device.drained();
  await until('the device has the message', () =>
    device.entries(conversation_id).some(({ id }) => id === first.body.id),
  );
  expect(device.violations).toEqual([]);
  device.disconnect();
});

test.each(texts)('%j works as a title, a content and a query', async (text) => {
  const http = createHttpClient(instance.url());
  const titled = { title: `x${text}x`, participant_ids: [ben.id] };
  const { body: group } = await ana
    .call('createGroup', { body: titled })
    .catch(() => ({ body: null }));
  if (group === null) {
    // Only control characters such as line breaks are refused.
    expect(/\p{Cc}/u.test(text)).toBe(true);
  } else {
    expect(group.title).toBe(
      `x${text}x`.replace(/[\u202a-\u202e\u2066-\u2069]/g, '').normalize('NFC'),
    );
  }
  const { id } = await people.direct(ana, ben);
  const content = `x${text}x`;
  expect((await ana.send(id, content)).content_encrypted).toBe(content);
  const query = encodeURIComponent(text);
  const found = await http('GET', `/api/users?query=${query}`, { token: ana.token });
  expect([200, 400]).toContain(found.status);
  const cursor = await http('GET', `/api/users?cursor=${query}`, { token: ana.token });
  expect([200, 400]).toContain(cursor.status);
});

test('texts that differ in one byte are different ids', async () => {
  const { id: conversation_id } = await people.group(ana, ben);
  const sent = ['Ab', 'ab', 'é', 'e\u0301', 'ab ', ' ab', '❤', '❤️'].map((client_message_id) =>
    ana.call('sendMessage', {
      body: { conversation_id, content_encrypted: 'x', client_message_id },
    }),
  );
  const ids = (await Promise.all(sent)).map(({ body }) => body.id);
  expect(new Set(ids).size).toBe(8);
});

test.each(texts)(
  '%j as a reaction is an emoji or refused, and taking it back deletes nothing',
  async (text) => {
    const { id: conversation_id } = await people.direct(ana, ben);
    const { id: messageId } = await ana.send(conversation_id, 'stays');
    const http = createHttpClient(instance.url());
    const path = `/api/messages/${messageId}/reactions`;
    const added = await http('POST', path, { token: ben.token, body: { emoji: text } });
    expect(added.status).toBe(/^(?:❤|👩)/u.test(text) ? 201 : 400);
    for (const way of [
      `${path}/${encodeURIComponent(text)}`,
      `${path}/${text}`.replace(/[\r\n\t]/g, ''),
    ]) {
      await http('DELETE', way, { token: ana.token });
    }
    const history = await ana.history(conversation_id);
    expect(history.find(({ id }) => id === messageId)?.content_encrypted).toBe('stays');
  },
);
