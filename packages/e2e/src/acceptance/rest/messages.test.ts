import { randomUUID } from 'node:crypto';
import { type Ask, type Person, withoutStatus } from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../../testing/acceptanceSuite';

// Every endpoint (docs/CONTRACT.md). The client checks every answer against its schema.

const suite = setUpAcceptanceSuite({ worker: false });

describe('messages', () => {
  let ana: Person;
  let ben: Person;
  let id: string;
  beforeEach(async () => {
    ({ ana, ben } = await suite.people.registerAll('ana', 'ben'));
    ({ id } = await suite.people.direct(ana, ben));
  });

  test('[D2] a first send returns 201, a repeat 200 with the same message, different content 409', async () => {
    const body = { conversation_id: id, content_encrypted: 'one', client_message_id: 'mine' };
    const first = await ana.call('sendMessage', { body });
    const repeat = await ana.call('sendMessage', { body });
    expect([first.status, repeat.status]).toEqual([201, 200]);
    expect(repeat.body).toEqual(first.body);
    const other = { ...body, content_encrypted: 'two' };
    expect((await ana.refused('sendMessage', { body: other })).name).toBe('ConflictError');
    // The same id from another user is a different message.
    expect((await ben.call('sendMessage', { body })).status).toBe(201);
    expect((await ana.send(id, 'next')).seq).toBe(3);
  });

  test('[D2] a repeat after an edit or a deletion returns the current message', async () => {
    const body = { conversation_id: id, content_encrypted: 'one', client_message_id: 'mine' };
    const { id: messageId } = (await ana.call('sendMessage', { body })).body;
    const params = { messageId };
    await ana.call('editMessage', { params, body: { content_encrypted: 'edited' } });
    expect((await ana.call('sendMessage', { body })).body.content_encrypted).toBe('edited');
    const edited = { ...body, content_encrypted: 'edited' };
    expect((await ana.refused('sendMessage', { body: edited })).status).toBe(409);
    await ana.call('deleteMessage', { params });
    const repeat = await ana.call('sendMessage', { body });
    expect(repeat).toMatchObject({ status: 200, body: { seq: 1, content_encrypted: null } });
  });

  test('history is ascending by seq, newest page first, by seq and by offset', async () => {
    for (let i = 1; i <= 12; i++) await ana.send(id, `m${i}`);
    const page = async (query: Ask['query']) => {
      const { body } = await ben.call('readHistory', { params: { conversationId: id }, query });
      return { seqs: body.messages.map(({ seq }) => seq), more: body.has_more };
    };
    expect(await page({ limit: 5 })).toEqual({ seqs: [8, 9, 10, 11, 12], more: true });
    expect(await page({ limit: 5, before_seq: 8 })).toEqual({ seqs: [3, 4, 5, 6, 7], more: true });
    expect(await page({ limit: 5, before_seq: 3 })).toEqual({ seqs: [1, 2], more: false });
    expect(await page({ limit: 5, after_seq: 0 })).toEqual({ seqs: [1, 2, 3, 4, 5], more: true });
    expect(await page({ limit: 5, after_seq: 10 })).toEqual({ seqs: [11, 12], more: false });
    expect(await page({ limit: 5, offset: 5 })).toEqual({ seqs: [3, 4, 5, 6, 7], more: true });
    expect(await page({ limit: 5, offset: 12 })).toEqual({ seqs: [], more: false });
    expect(await page({ limit: 12 })).toMatchObject({ more: false });
    expect(await page({ after_seq: Number.MAX_SAFE_INTEGER })).toEqual({ seqs: [], more: false });
  });

  test('an edit raises the version and keeps the seq; a deletion leaves a tombstone', async () => {
    const sent = await ana.send(id, 'one', { message_type: 'image' });
    const params = { messageId: sent.id };
    const { body: edited } = await ana.call('editMessage', {
      params,
      body: { content_encrypted: 'two' },
    });
    expect(edited).toMatchObject({ seq: 1, content_encrypted: 'two', message_type: 'image' });
    expect(edited.version).toBeGreaterThan(sent.version);
    expect(edited.edited_at).not.toBeNull();
    await ana.call('deleteMessage', { params });
    const [tombstone] = await ben.history(id);
    expect(tombstone).toMatchObject({ id: sent.id, seq: 1, content_encrypted: null });
    expect(tombstone?.deleted_at).not.toBeNull();
    expect((await ana.call('deleteMessage', { params })).status).toBe(204);
    const late = { params, body: { content_encrypted: 'three' } };
    expect((await ana.refused('editMessage', late)).status).toBeGreaterThanOrEqual(400);
    expect((await ben.history(id))[0]?.content_encrypted).toBeNull();
  });

  test('a reaction counts once per person and emoji, and can be removed', async () => {
    const { id: messageId } = await ana.send(id, 'one');
    const react = (who: Person, emoji: string) =>
      who.call('addReaction', { params: { messageId }, body: { emoji } });
    expect((await react(ben, '👍')).status).toBe(201);
    expect((await react(ben, '👍')).status).toBe(200);
    const { body } = await react(ana, '👍');
    expect(body.reactions).toEqual([{ emoji: '👍', user_ids: [ben.id, ana.id] }]);
    await ben.call('removeReaction', { params: { messageId, emoji: '👍' } });
    const [message] = await ana.history(id);
    expect(message?.reactions).toEqual([{ emoji: '👍', user_ids: [ana.id] }]);
  });

  test('a reply must reference a message of the same conversation', async () => {
    const sent = await ana.send(id, 'question');
    expect((await ben.send(id, 'answer', { reply_to_id: sent.id })).reply_to_id).toBe(sent.id);
    const elsewhere = await suite.people.group(ana);
    const strange = await ana.send(elsewhere.id, 'elsewhere');
    for (const reply_to_id of [strange.id, randomUUID()]) {
      const body = { conversation_id: id, content_encrypted: 'x', reply_to_id };
      const { status } = await ben.refused('sendMessage', { body });
      expect([400, 404]).toContain(status);
    }
  });

  test('[D6] status advances from sent to delivered to read; REST moves no device position', async () => {
    const sent = await ana.send(id, 'one');
    expect(sent.status).toBe('sent');
    const params = { messageId: sent.id };
    const status = async () => (await ana.call('readStatus', { params })).body;
    expect(await status()).toMatchObject({ recipient_count: 1, delivered_count: 0, read_count: 0 });
    const report = (value: string) => ben.call('reportStatus', { params, body: { status: value } });
    expect((await report('delivered')).body).toMatchObject({ delivered_seq: 1, read_seq: 0 });
    expect(await status()).toMatchObject({ delivered_count: 1, read_count: 0 });
    expect((await report('read')).body).toMatchObject({ delivered_seq: 1, read_seq: 1 });
    expect((await report('delivered')).body).toMatchObject({ delivered_seq: 1, read_seq: 1 });
    const { statuses } = await status();
    expect(statuses).toMatchObject([{ user_id: ben.id, status: 'read' }]);
    expect(statuses[0]?.delivered_at).not.toBeNull();
    expect(statuses[0]?.read_at).not.toBeNull();
    expect((await ana.history(id))[0]?.status).toBe('read');
    const device = ben.device();
    await device.connect();
    await device.drained();
    expect(device.wire(id)).toEqual([1]);
  });

  test('[D6] without recipients the status stays sent', async () => {
    const alone = await suite.people.group(ana);
    const sent = await ana.send(alone.id, 'without recipients');
    await ana.call('reportStatus', { params: { messageId: sent.id }, body: { status: 'read' } });
    expect((await ana.history(alone.id)).at(-1)?.status).toBe('sent');
    const { body } = await ana.call('readStatus', { params: { messageId: sent.id } });
    expect(body).toMatchObject({ recipient_count: 0, delivered_count: 0, statuses: [] });
  });

  test('answer, history, event and sync contain the same JSON', async () => {
    const device = ben.device();
    await device.connect();
    await device.drained();
    const { cursor } = (await ben.call('readSync')).body;
    const sent = withoutStatus(await ana.send(id, 'same everywhere', { client_message_id: 'c' }));
    const [fetched] = await ben.history(id);
    const synced = (await ben.call('readSync', { query: { cursor } })).body.messages;
    expect(fetched && withoutStatus(fetched)).toEqual(sent);
    expect(synced.map(withoutStatus)).toEqual([sent]);
    expect(device.entries(id).map(withoutStatus)).toEqual([sent]);
    device.disconnect();
  });
});

test('server-set and unknown fields are ignored and never stored', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.direct(ana, ben);
  const sent = await ana.send(id, 'mine', {
    ...{ seq: 77, sender_id: ben.id, status: 'read', created_at: '1999-01-01T00:00:00.000Z' },
    ...{ id: randomUUID(), kind: 'event', event: { type: 'created' }, version: 99, nonsense: {} },
    ...{ reactions: [{ emoji: '👍', user_ids: [ben.id] }], edited_at: '1999-01-01T00:00:00.000Z' },
  });
  expect(sent).toMatchObject({
    ...{ seq: 1, sender_id: ana.id, status: 'sent', kind: 'message' },
    ...{ reactions: [], edited_at: null },
  });
  expect(Date.parse(sent.created_at)).toBeGreaterThan(Date.now() - 60_000);
  expect('nonsense' in sent).toBe(false);
});
