import { parseServerSettings } from '@chasqui/settings';
import { openServerFixture, quietLog, type ServerFixture, until } from '@chasqui/testkit';
import { startNode, type Node } from '../../startNode';

let fixture: ServerFixture<Node>;
let two: Node;
const log = quietLog();

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log, redisPrefix }),
  );
  await fixture.open();
  two = await fixture.open();
});
afterEach(() => fixture.disconnectAll());
afterAll(() => fixture.close());

const anyText: unknown = expect.any(String);
const anyNumber: unknown = expect.any(Number);

function refused(name: string): object {
  const error: unknown = expect.objectContaining({ name });
  return { success: false, error };
}

describe('messages', () => {
  test('messages arrive on another node in order, and the sender gets answers instead of frames', async () => {
    const [ana, ben] = await Promise.all([fixture.register(), fixture.register()]);
    const conversationId = await fixture.direct(ana.access_token, ben.user.id);
    const from = await fixture.connect(ana.access_token);
    const to = await fixture.connect(ben.access_token, { node: two });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        from.ask('chat:message_send', { conversationId, contentEncrypted: `message ${i}` }),
      ),
    );
    expect(answers[0]).toMatchObject({
      success: true,
      message: { seq: 1, sender_id: ana.user.id, content_encrypted: 'message 0' },
    });
    await until('all have arrived', () => to.all('chat:message_received').length === 100);
    expect(to.all('chat:message_received')).toMatchObject(
      Array.from({ length: 100 }, (_, i) => ({ seq: i + 1, content_encrypted: `message ${i}` })),
    );
    expect(from.all('chat:message_received')).toEqual([]);
    expect(await to.ask('chat:message_read', { conversationId, seq: 100 })).toEqual({
      success: true,
    });
    await until(
      'the author receives the status',
      () => from.all('chat:message_status_updated').length > 0,
    );
  });

  test('a client that asked for brief answers gets them', async () => {
    const [ana, ben] = await Promise.all([fixture.register(), fixture.register()]);
    const conversationId = await fixture.direct(ana.access_token, ben.user.id);
    const client = await fixture.connect(ana.access_token, { auth: { brief: true } });
    const answer = await client.ask('chat:message_send', {
      conversationId,
      contentEncrypted: 'hello',
      clientMessageId: 'mine',
    });
    expect(answer).toEqual({
      success: true,
      message: {
        id: anyText,
        conversation_id: conversationId,
        seq: 1,
        version: anyNumber,
        client_message_id: 'mine',
        created_at: anyText,
      },
    });
  });

  test('commands about a conversation of other users are refused with NotFoundError', async () => {
    const [ana, ben, eve] = await Promise.all([
      fixture.register(),
      fixture.register(),
      fixture.register(),
    ]);
    const conversationId = await fixture.direct(ana.access_token, ben.user.id);
    const client = await fixture.connect(eve.access_token);
    const asked: [string, object][] = [
      ['chat:message_send', { conversationId, contentEncrypted: 'hello' }],
      ['chat:message_delivered', { conversationId, seq: 1 }],
      ['chat:message_read', { conversationId, seq: 1 }],
      ['chat:typing', { conversationId, isTyping: true }],
    ];
    for (const [command, data] of asked) {
      expect([command, await client.ask(command, data)]).toEqual([
        command,
        refused('NotFoundError'),
      ]);
    }
  });

  test('more than 20 messages a second, or a burst above 200, are refused', async () => {
    const [ana, ben] = await Promise.all([fixture.register(), fixture.register()]);
    const conversationId = await fixture.direct(ana.access_token, ben.user.id);
    const client = await fixture.connect(ana.access_token);
    const answers = await Promise.all(
      Array.from({ length: 300 }, () =>
        client.ask('chat:message_send', { conversationId, contentEncrypted: 'x' }),
      ),
    );
    const accepted = answers.filter(succeeded).length;
    expect(accepted).toBeGreaterThanOrEqual(200);
    expect(accepted).toBeLessThan(300);
    expect(answers.find((answer) => !succeeded(answer))).toEqual(refused('RateLimitError'));
  });
});

test('[D10] typing and presence reach the other user on any node', async () => {
  const [ana, ben] = await Promise.all([fixture.register(), fixture.register()]);
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  const here = await fixture.connect(ana.access_token);
  const there = await fixture.connect(ben.access_token, { node: two });
  await until('Ana sees Ben online', () => here.all('user:status_changed').length > 0);
  expect(here.all('user:status_changed')[0]).toMatchObject({
    userId: ben.user.id,
    status: 'online',
  });
  expect(await there.ask('chat:typing', { conversationId, isTyping: true })).toEqual({
    success: true,
  });
  await until('Ana sees Ben typing', () => here.all('chat:user_typing').length > 0);
  const seen = await fixture.httpOf()('GET', `/api/users/${ben.user.id}`, {
    token: ana.access_token,
  });
  expect(seen.body).toMatchObject({ presence: { status: 'online' } });
  await there.ask('presence:offline');
  await until('Ana sees Ben offline', () => here.all('user:status_changed').length > 1);
  const after = await fixture.httpOf()('GET', `/api/users/${ben.user.id}`, {
    token: ana.access_token,
  });
  expect(after.body).toMatchObject({
    presence: { status: 'offline', last_seen_at: anyText },
  });
  const { access_token: stranger } = await fixture.register();
  const hidden = await fixture.httpOf()('GET', `/api/users/${ben.user.id}`, { token: stranger });
  expect(hidden.body).toMatchObject({ presence: null });
});

test('no test in this file logged an error', () => {
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});

function succeeded(answer: unknown): boolean {
  return (
    typeof answer === 'object' && answer !== null && 'success' in answer && answer.success === true
  );
}
