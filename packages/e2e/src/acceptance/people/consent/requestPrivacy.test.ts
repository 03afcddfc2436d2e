import { type Conversation, serverEvents } from '@chasqui/protocol';
import { type Person, type SocketClient, until } from '@chasqui/testkit';
import { type ConsentFixture, openConsentFixture } from './consentFixture';

// What a request reveals before it is accepted (CONTACT_POLICY=requests).

let fixture: ConsentFixture;
beforeAll(async () => {
  fixture = await openConsentFixture();
});
afterAll(() => fixture.close());

const presenceOf = async (viewer: Person, seen: Person) =>
  (await viewer.call('readUser', { params: { id: seen.id } })).body.presence;

/** Events that neither may receive about the other before acceptance. The others concern only the user. */
const silent = serverEvents
  .map(({ name }) => name)
  .filter((name) => !['session:ready', 'chat:queue_empty', 'requests:changed'].includes(name));

test('[D6] [D10] before acceptance no event, receipt or presence passes between the two', async () => {
  const { ana, ben, anas, bens, id, first } = await fixture.asked();
  const group = await fixture.people.group(ana);
  await until('the request arrived', () => bens.all('requests:changed').length >= 2);
  const eventsAbout = (socket: SocketClient, other: Person) =>
    socket.events.filter(
      ({ event, data }) =>
        silent.some((name) => name === event) && JSON.stringify(data).includes(other.id),
    );
  const before = eventsAbout(anas, ben).length;

  await ben.call('readRequest', await fixture.requestOf(ben));
  await anas.ask('chat:typing', { conversationId: id, isTyping: true });
  expect(await bens.ask('chat:typing', { conversationId: id, isTyping: true })).toMatchObject({
    ...{ success: false, error: { name: 'NotFoundError' } },
  });
  expect(await bens.ask('chat:message_read', { conversationId: id, seq: first.seq })).toMatchObject(
    { success: false },
  );
  for (const socket of [anas, bens]) {
    await socket.ask('presence:offline');
    await socket.ask('presence:online');
  }
  await ana.call('editMessage', {
    params: { messageId: first.id },
    body: { content_encrypted: 'hello you' },
  });
  await ana.call('addReaction', { params: { messageId: first.id }, body: { emoji: '👍' } });
  await ana.call('renameConversation', { params: { id }, body: { retention_s: 86_400 } });
  // Events of the sender's own group come after all others.
  await ana.send(group.id, 'to myself');
  await until('the later event arrived', () => JSON.stringify(anas.events).includes('to myself'));
  await ben.call('changePrivacy', { body: { who_can_add: 'everybody' } });
  await until('the later event arrived', () => bens.all('privacy:changed').length > 0);

  expect(eventsAbout(bens, ana)).toEqual([]);
  // Only the sender's own change of the conversation.
  const newEvents = eventsAbout(anas, ben).slice(before);
  expect([...new Set(newEvents.map(({ event }) => event))]).toEqual(['conversation:updated']);
  expect([await presenceOf(ana, ben), await presenceOf(ben, ana)]).toEqual([null, null]);
  const status = await ana.call('readStatus', { params: { messageId: first.id } });
  expect(status.body).toMatchObject({
    ...{ recipient_count: 1, delivered_count: 0, read_count: 0 },
    statuses: [{ user_id: ben.id, status: 'sent', delivered_at: null, read_at: null }],
  });
  const statuses = (await ana.history(id)).map((one) => one.status);
  expect(new Set(statuses)).toEqual(new Set(['sent']));
});

/** Everything the sender can observe, without ids and times that differ between conversations. */
async function seenBySender(person: Person, other: Person, id: string): Promise<unknown> {
  const [message] = await person.history(id);
  const params = { messageId: message?.id ?? '' };
  const found = {
    conversation: await person.conversation(id),
    history: await person.history(id),
    status: (await person.call('readStatus', { params })).body,
    user: (await person.call('readUser', { params: { id: other.id } })).body,
    again: (await person.call('createDirect', { body: { user_id: other.id } })).body,
    more: await person.send(id, 'are you there?'),
    full: await Promise.all(
      ['3', '4', '5'].map((content_encrypted) => {
        const body = { conversation_id: id, content_encrypted };
        return person.call('sendMessage', { body }).then(
          ({ status }) => status,
          (error: Error) => error.message.slice(0, 60),
        );
      }),
    ),
    exported: /"record":"request_sent".*/.exec(
      await (
        await fetch(`${fixture.instance.url()}/api/users/me/export`, {
          headers: { authorization: `Bearer ${person.token}` },
        })
      ).text(),
    )?.[0],
  };
  // Participants who joined at the same time are sorted by id.
  const inOrder = ({ participants, ...conversation }: Conversation) => ({
    ...conversation,
    participants: participants.toSorted((a) => (a.user_id === person.id ? -1 : 1)),
  });
  const text = JSON.stringify({
    ...found,
    conversation: inOrder(found.conversation),
    again: inOrder(found.again),
  });
  const names = [person, other].flatMap((one) => [one.id, one.username]);
  return [...names, id]
    .reduce((rest, name, i) => rest.replaceAll(name, `<${i}>`), text)
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');
}

test('[D9] the sender cannot distinguish declined, blocked and unanswered requests', async () => {
  const outcomes: unknown[] = [];
  const events: unknown[] = [];
  for (const answer of ['none', 'decline', 'block'] as const) {
    const { ana, ben, anas, bens, id } = await fixture.asked();
    const request = await fixture.requestOf(ben);
    if (answer === 'decline') await ben.on(1).call('declineRequest', request);
    if (answer === 'block') await ben.call('blockUser', { params: { id: ana.id } });
    expect([answer, await fixture.requestsOf(ben)]).toEqual([
      answer,
      answer === 'none' ? [expect.anything()] : [],
    ]);
    if (answer !== 'none') {
      await until('other devices are notified', () => bens.all('requests:changed').length >= 3);
    }
    outcomes.push(await seenBySender(ana, ben, id));
    await until('every event arrived', () => anas.all('chat:message_received').length >= 5);
    events.push(anas.events.map(({ event }) => event));
    if (answer !== 'none') expect(await fixture.requestsOf(ben)).toEqual([]);
  }
  expect(outcomes[1]).toEqual(outcomes[0]);
  expect(outcomes[2]).toEqual(outcomes[0]);
  expect(events[1]).toEqual(events[0]);
  expect(events[2]).toEqual(events[0]);
});
