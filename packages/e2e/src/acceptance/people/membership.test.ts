import { participantSchema } from '@chasqui/protocol';
import { connected, type Person, until } from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../../testing/acceptanceSuite';

// D9: only participants receive anything; a new participant sees what is sent after joining.

const suite = setUpAcceptanceSuite({ nodes: 2, worker: false });

async function group() {
  const { ana, ben, cleo } = await suite.people.registerAll('ana', 'ben', 'cleo');
  const { id } = await suite.people.group(ana, ben);
  const add = async (who: Person) => {
    const { body } = await ana.call('addParticipant', {
      params: { id },
      body: { user_id: who.id },
    });
    return { body: participantSchema.parse(body) };
  };
  const remove = (who: Person) => ana.call('removeParticipant', { params: { id, userId: who.id } });
  return { ana, ben, cleo, id, add, remove };
}

/** Everything that REST returns to this person about the conversation. */
async function canSee(person: Person, id: string): Promise<string[]> {
  const { cursor } = (await person.call('readSync')).body;
  const asks = [
    person.call('readConversation', { params: { id } }),
    person.call('readHistory', { params: { conversationId: id } }),
    person.call('listParticipants', { params: { id } }),
  ];
  const seen = await Promise.allSettled(asks);
  const listed = (await person.call('listConversations')).body.conversations;
  const synced = (await person.call('readSync', { query: { cursor } })).body;
  return [
    ...seen.filter(({ status }) => status === 'fulfilled').map(() => 'a read'),
    ...listed.filter((one) => one.id === id).map(() => 'the list'),
    ...synced.messages.filter((one) => one.conversation_id === id).map(() => 'the sync'),
  ];
}

test('[D9] a removed participant gets nothing sent after the removal, live, queued or over REST', async () => {
  const { ana, ben, id, remove } = await group();
  const online = await connected(ben.on(1).device());
  const offline = ben.device();
  await connected(offline);
  offline.disconnect();
  const { cursor } = (await ben.call('readSync')).body;
  await ana.send(id, 'before');
  await until(
    'the message arrived',
    () => online.entries(id).at(-1)?.content_encrypted === 'before',
  );
  await remove(ben);
  const secret = await ana.send(id, 'after');
  await until(
    'the removal is announced',
    () => online.received('conversation:removed').length === 1,
  );
  // An event that ben receives, after all that he must not receive.
  await suite.people.direct(ana, ben);
  await until('the event arrived', () => online.received('conversation:created').length > 0);
  expect(JSON.stringify(online.frames)).not.toContain(secret.id);

  await offline.connect();
  await offline.drained();
  expect(offline.wire(id)).toEqual([]);
  expect(JSON.stringify(offline.frames)).not.toContain(secret.id);
  expect(await canSee(ben, id)).toEqual([]);
  for (const messageId of [secret.id]) {
    for (const name of ['readStatus', 'deleteMessage'] as const) {
      expect((await ben.refused(name, { params: { messageId } })).status).toBe(404);
    }
  }
  const { body } = await ben.call('readSync', { query: { cursor } });
  expect(body.removed).toEqual([id]);
  expect(JSON.stringify(body)).not.toContain(secret.id);
});

test('[D9] a removed participant no longer counts as a recipient', async () => {
  const { ana, ben, cleo, id, add, remove } = await group();
  await add(cleo);
  const sent = await ana.send(id, 'one');
  const params = { messageId: sent.id };
  await cleo.call('reportStatus', { params, body: { status: 'read' } });
  const counts = async () => {
    const { recipient_count, read_count } = (await ana.call('readStatus', { params })).body;
    return [recipient_count, read_count];
  };
  expect(await counts()).toEqual([2, 1]);
  await remove(ben);
  expect(await counts()).toEqual([1, 1]);
  const last = (await ana.history(id)).find((message) => message.id === sent.id);
  expect(last?.status).toBe('read');
});

test('[D9] a new participant sees what is sent after joining, and has no earlier unread messages', async () => {
  const { ana, cleo, id, add } = await group();
  const device = await connected(cleo.on(1).device());
  const old = await ana.send(id, 'before');
  const { body: joined } = await add(cleo);
  await ana.send(id, 'after');
  await until(
    'the message arrived',
    () => device.entries(id).at(-1)?.content_encrypted === 'after',
  );
  expect(Math.min(...device.wire(id))).toBe(joined.joined_seq);
  expect(joined.joined_seq).toBeGreaterThan(old.seq);
  expect(device.violations).toEqual([]);
  const history = await cleo.history(id);
  expect(history[0]?.seq).toBe(joined.joined_seq);
  expect(history.at(-1)?.content_encrypted).toBe('after');
  expect((await cleo.refused('readStatus', { params: { messageId: old.id } })).status).toBe(404);
  const { my } = await cleo.conversation(id);
  expect(my).toMatchObject({ joined_seq: joined.joined_seq, unread_count: 1 });
  const about = JSON.stringify(device.frames) + JSON.stringify(history);
  expect(about).not.toContain(old.id);
  // Edits of earlier messages do not reach them.
  await ana.call('editMessage', {
    params: { messageId: old.id },
    body: { content_encrypted: 'edited' },
  });
  await ana.send(id, 'last');
  await until(
    'the last message arrived',
    () => device.entries(id).at(-1)?.content_encrypted === 'last',
  );
  expect(device.received('chat:message_updated')).toEqual([]);
});

test('[D9] a user who is added again starts a new membership, and the jump in seq is no gap', async () => {
  const { ana, ben, id, add, remove } = await group();
  const device = await connected(ben.on(1).device());
  await ana.send(id, 'first time');
  await until('the message arrived', () => device.entries(id).length >= 2);
  await remove(ben);
  const between = await ana.send(id, 'between');
  const { body: again } = await add(ben);
  await ana.send(id, 'second time');
  await until(
    'the message arrived',
    () => device.entries(id).at(-1)?.content_encrypted === 'second time',
  );
  const { seq } = between;
  expect(device.wire(id)).not.toContain(seq);
  expect(device.wire(id).at(-1)).toBe(again.joined_seq + 1);
  expect(JSON.stringify(device.frames)).not.toContain(between.id);
  expect((await ben.history(id)).map((one) => one.seq)).not.toContain(seq);
  expect((await ben.conversation(id)).my.unread_count).toBe(1);
  const fresh = ben.device();
  await connected(fresh);
  expect(fresh.entries(id).every((one) => one.seq >= again.joined_seq)).toBe(true);
});

test('[D9] when removals race with sends over two nodes, a removed user receives nothing sent after the removal', async () => {
  const { ana, ben, id, add, remove } = await group();
  const watcher = await connected(ben.on(1).device());
  const sender = await connected(ana.device());
  for (let round = 0; round < 10; round++) {
    await Promise.all([
      ...Array.from({ length: 10 }, () => sender.send(id, `round ${round}`)),
      remove(ben),
    ]);
    await add(ben);
  }
  const end = (await sender.send(id, 'the end')).message?.seq ?? 0;
  await until('the last message arrived', () => watcher.entries(id).at(-1)?.seq === end);
  // The memberships according to the conversation's history.
  const events = (await ana.history(id)).filter(({ event }) => event?.type !== undefined);
  const spans: [from: number, to: number][] = [];
  let from = 1;
  for (const { event, seq } of events) {
    if (event?.type === 'removed') spans.push([from, seq]);
    if (event?.type === 'added') from = seq;
  }
  spans.push([from, end]);
  const outside = watcher
    .entries(id)
    .map(({ seq }) => seq)
    .filter((seq) => !spans.some(([first, last]) => seq >= first && seq <= last));
  expect(outside).toEqual([]);
});
