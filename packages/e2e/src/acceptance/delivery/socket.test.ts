import { syncSchema } from '@chasqui/protocol';
import { createRestClient, until, withoutStatus } from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../../testing/acceptanceSuite';

// Every command and event (docs/CONTRACT.md) on two nodes that share one Redis. Devices check every frame against its schema.

const suite = setUpAcceptanceSuite({ nodes: 2, env: { CORS_ORIGINS: 'https://app.example' } });

describe('commands', () => {
  test('a send answers with the message, brief if requested, in the place of its frame', async () => {
    const { ana, ben, id } = await suite.openDirect();
    const [full, brief, other] = [
      ana.device(),
      ana.on(1).device({ brief: true }),
      ben.on(1).device(),
    ];
    for (const device of [full, brief, other]) {
      await device.connect();
      await device.drained();
    }
    const first = await full.send(id, 'one', { messageType: 'voice' });
    expect(first.message).toMatchObject({ seq: 1, message_type: 'voice', status: 'sent' });
    const second = await brief.send(id, 'two');
    expect(Object.keys(second.message ?? {}).sort()).toEqual([
      ...['client_message_id', 'conversation_id', 'created_at', 'id', 'seq', 'version'],
    ]);
    await until('every device has both messages', () =>
      [full, brief, other].every((device) => device.wire(id).length === 2),
    );
    // The sending connection does not receive it again.
    expect(full.received('chat:message_received')).toHaveLength(1);
    expect(brief.received('chat:message_received')).toHaveLength(1);
    expect(other.received('chat:message_received')).toHaveLength(2);
  });

  test('[D9] every command answers NotFoundError to a stranger and to a removed participant', async () => {
    const { ana, ben, eve } = await suite.people.registerAll('ana', 'ben', 'eve');
    const { id } = await suite.people.group(ana, ben);
    const message = await ana.send(id, 'hello');
    await ana.call('removeParticipant', { params: { id, userId: ben.id } });
    for (const person of [ben, eve]) {
      const device = person.device();
      await device.connect();
      const commands = [
        ['chat:message_send', { conversationId: id, contentEncrypted: 'x' }],
        ['chat:message_delivered', { conversationId: id, seq: 1 }],
        ['chat:message_delivered', { messageId: message.id }],
        ['chat:message_read', { conversationId: id, seq: 1 }],
        ['chat:message_read', { messageId: message.id }],
        ['chat:typing', { conversationId: id, isTyping: true }],
      ] as const;
      for (const [command, data] of commands) {
        const answer = await device.ask(command, data);
        expect([command, answer.success ? 'success' : answer.error.name]).toEqual([
          command,
          'NotFoundError',
        ]);
      }
      device.disconnect();
    }
  });

  test('all devices receive edits, deletions and reactions as chat:message_updated', async () => {
    const { ana, ben, id } = await suite.openDirect();
    const device = ben.on(1).device();
    await device.connect();
    await device.drained();
    const { id: messageId } = await ana.send(id, 'one');
    await until('the message arrived', () => device.wire(id).length === 1);
    const params = { messageId };
    await ana.call('editMessage', { params, body: { content_encrypted: 'two' } });
    await ana.call('addReaction', { params, body: { emoji: '🎉' } });
    await ana.call('deleteMessage', { params });
    await until(
      'three changes arrived',
      () => device.received('chat:message_updated').length === 3,
    );
    const [fresh] = await ben.history(id);
    expect(device.entries(id)[0]).toMatchObject({ ...fresh, status: expect.any(String) as string });
    expect(device.violations).toEqual([]);
  });

  test('chat:sync equals GET /api/sync, and they share their cursors', async () => {
    const { ana, ben, id } = await suite.openDirect();
    const device = ben.on(1).device();
    await device.connect();
    await device.drained();
    const begun = await device.ask('chat:sync', {});
    const { cursor } = syncSchema.parse(begun.success && begun.answer);
    await ana.send(id, 'new');
    const asked = await device.ask('chat:sync', { cursor });
    const { body } = await ben.call('readSync', { query: { cursor } });
    const bySocket = syncSchema.parse(asked.success && asked.answer);
    expect(bySocket.messages.map(({ seq }) => seq)).toEqual([1]);
    expect(body.messages.map(withoutStatus)).toEqual(bySocket.messages.map(withoutStatus));
  });

  test('affected users receive conversation:created, updated and removed on both nodes', async () => {
    const { ana, ben, cleo } = await suite.people.registerAll('ana', 'ben', 'cleo');
    const [a, b, c] = [ana.device(), ben.on(1).device(), cleo.on(1).device()];
    for (const device of [a, b, c]) await device.connect();
    const { id } = await suite.people.group(ana, ben);
    await until('ben is notified', () => b.received('conversation:created').length === 1);
    await ana.call('renameConversation', { params: { id }, body: { title: 'new' } });
    await until('the title is announced', () =>
      [a, b].every((device) =>
        JSON.stringify(device.received('conversation:updated')).includes('"new"'),
      ),
    );
    await ana.call('addParticipant', { params: { id }, body: { user_id: cleo.id } });
    await until('cleo is notified', () => c.received('conversation:created').length === 1);
    await ana.call('removeParticipant', { params: { id, userId: ben.id } });
    await until('ben is notified', () => b.received('conversation:removed').length === 1);
    expect(b.received('conversation:removed')).toEqual([{ conversationId: id }]);
    for (const device of [a, b, c]) expect(device.violations).toEqual([]);
    // A new title, a join and a removal; a send causes none.
    await until('ana is notified', () => a.received('conversation:updated').length === 3);
    await cleo.send(id, 'hello');
    await until('the message arrived', () => a.entries(id).some(({ kind }) => kind === 'message'));
    expect(a.received('conversation:updated')).toHaveLength(3);
  });
});

describe('limits', () => {
  test('sends beyond the rate are refused with RateLimitError and Retry-After', async () => {
    const node = await suite.instance.addNode({
      ...{ RATE_LIMIT: 'on', RATE_LIMIT_MESSAGES_PER_SECOND: '1' },
    });
    const { ana, id } = await suite.openDirect();
    const rest = createRestClient(node.url);
    const body = { conversation_id: id, content_encrypted: 'x' };
    const device = ana.device({ urls: [node.url] });
    await device.connect();
    // A burst of ten, plus one per elapsed second.
    const attempts = await Promise.all(Array.from({ length: 50 }, () => device.send(id, 'x')));
    const refused = attempts.filter(({ outcome }) => outcome === 'refused');
    expect(refused.length).toBeGreaterThanOrEqual(4);
    expect(refused.length).toBeLessThanOrEqual(40);
    expect(refused[0]?.error).toMatchObject({
      name: 'RateLimitError',
      details: { retry_after_seconds: expect.any(Number) as number },
    });
    // Over REST as well, after the allowance earned meanwhile is used up.
    const { last_seq } = await ana.conversation(id);
    expect(last_seq).toBe(50 - refused.length);
    const byRest = await until('REST refuses as well', () =>
      rest.refused('sendMessage', { token: ana.token, body }),
    );
    expect(byRest).toMatchObject({ status: 429, name: 'RateLimitError' });
    expect(Number(byRest.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
