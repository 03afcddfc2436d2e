import { ForbiddenError, NotFoundError, UnauthorizedError } from '@chasqui/protocol';
import {
  type ChatMessage,
  createMemoryStorage,
  openChatClient,
  selectConversations,
  selectHasOlder,
  selectMessage,
  selectMessages,
  selectStatus,
  selectTyping,
  selectUnreadCount,
  SignedOutError,
} from '@chasqui/sdk';
import { until } from '@chasqui/testkit';
import { type ClientFixture, openClientFixture } from './clients/clientFixture';

let fixture: ClientFixture;
beforeAll(async () => {
  fixture = await openClientFixture();
});
afterAll(() => fixture.close());

test('signing out leaves no data behind; a wrong password is an UnauthorizedError', async () => {
  const storage = createMemoryStorage();
  const client = await openChatClient({ url: fixture.instance.url(), storage });
  const username = `new_${crypto.randomUUID().slice(0, 8)}`;
  const account = { username, email: `${username}@example.org`, password: 'correct horse' };
  const me = await client.signUp({ ...account, displayName: 'A New User' });
  expect(client.getState().me).toMatchObject({ id: me.id, display_name: 'A New User' });
  client.connect();
  await until('live', () => client.getState().connection.state === 'live');
  await client.signOut();
  expect(client.getState()).toMatchObject({
    me: null,
    connection: { state: 'signed out', reason: 'by the user' },
    conversationsById: {},
  });
  expect(await storage.list('user/')).toEqual([]);
  expect(await storage.get('session')).toBeUndefined();
  await expect(client.send(crypto.randomUUID(), 'after signing out')).rejects.toThrow(
    SignedOutError,
  );
  await expect(client.signIn({ username, password: 'wrong horse' })).rejects.toThrow(
    UnauthorizedError,
  );
  await client.signIn({ email: account.email, password: account.password });
  await until('live again', () => client.getState().connection.state === 'live');
  await client.close();
});

test('[D6] the status of a message goes from sent to delivered to read, with a detail per recipient', async () => {
  const { ana, ben, cleo } = await fixture.people.registerAll('ana', 'ben', 'cleo');
  const [a, b] = [await fixture.clients.open(ana), await fixture.clients.open(ben)];
  const { id } = await a.client.createGroup('Three', [ben.id, cleo.id]);
  const sent = await a.client.whenSent(await a.client.send(id, 'hello'));
  const status = (): string => selectStatus(a.client.getState(), sent);
  await until('ben has received it', () =>
    a.client
      .getState()
      .conversationsById[id]?.participants.some(
        (one) => one.user_id === ben.id && one.delivered_seq >= sent.seq,
      ),
  );
  expect(status()).toBe('sent');
  const c = await fixture.clients.open(cleo);
  await until('all have received it', () => status() === 'delivered');
  b.client.markRead(id, sent.seq);
  c.client.markRead(id, sent.seq);
  await until('all have read it', () => status() === 'read');
  const detail = await a.client.messageStatus(sent.id);
  expect(detail).toMatchObject({ recipient_count: 2, delivered_count: 2, read_count: 2 });
  expect(detail.statuses.map(({ user_id }) => user_id).sort()).toEqual([ben.id, cleo.id].sort());
});

test('[D7] replies, edits, reactions and deletions reach the other participants', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const [a, b] = [await fixture.clients.open(ana), await fixture.clients.open(ben)];
  const { id } = await a.client.createDirect(ben.id);
  const first = await a.client.whenSent(await a.client.send(id, 'first'));
  const reply = await a.client.whenSent(await a.client.send(id, 'second', { replyToId: first.id }));
  expect(reply.reply_to_id).toBe(first.id);
  await until('ben has both', () => b.shown(id).length === 2);
  await a.client.edit(first.id, 'first, edited');
  await b.client.react(first.id, '👍');
  const atBen = (): ChatMessage | undefined => selectMessage(b.client.getState(), id, first.id);
  const atAna = (): ChatMessage | undefined => selectMessage(a.client.getState(), id, first.id);
  await until('ben sees the edit', () => atBen()?.content === 'first, edited');
  await until('ana sees the reaction', () => atAna()?.reactions[0]?.user_ids.includes(ben.id));
  await b.client.unreact(first.id, '👍');
  await until('the reaction is removed', () => atAna()?.reactions.length === 0);
  await a.client.delete(first.id);
  await until('it is deleted', () => typeof atBen()?.deleted_at === 'string');
  expect(atBen()?.content).toBeNull();
  await expect(b.client.delete(reply.id)).rejects.toThrow(ForbiddenError);
  expect(b.client.getState().conversationsById[id]?.my.unread_count).toBe(1);
});

test('[D9] roles decide who may rename, add and remove; leaving and removal take effect for all', async () => {
  const { ana, ben, cleo } = await fixture.people.registerAll('ana', 'ben', 'cleo');
  const [a, b, c] = [
    await fixture.clients.open(ana),
    await fixture.clients.open(ben),
    await fixture.clients.open(cleo),
  ];
  const { id } = await a.client.createGroup('Before', [ben.id]);
  await until('ben has it', () => b.client.getState().conversationsById[id]);
  await expect(b.client.renameConversation(id, 'By a member')).rejects.toThrow(ForbiddenError);
  await a.client.renameConversation(id, 'After');
  await until('ben sees it', () => b.client.getState().conversationsById[id]?.title === 'After');
  await a.client.changeRole(id, ben.id, 'moderator');
  await until(
    'ben is a moderator',
    () => b.client.getState().conversationsById[id]?.my.role === 'moderator',
  );
  await b.client.addParticipant(id, cleo.id);
  await until('cleo is a participant', () => c.client.getState().conversationsById[id]);
  const { participants } = await a.client.listParticipants(id);
  expect(participants).toHaveLength(3);
  await a.client.removeParticipant(id, cleo.id);
  await until('cleo is removed', () => !(id in c.client.getState().conversationsById));
  await c.client.send(id, 'from outside');
  await until('it is refused', () => c.client.getState().outbox[0]?.status === 'refused');
  await b.client.leave(id);
  expect(b.client.getState().conversationsById).not.toHaveProperty(id);
  await until(
    'ana is the only participant',
    () => a.client.getState().conversationsById[id]?.participant_count === 1,
  );
});

test('a refused message waits for retry or discard while later ones are sent', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const a = await fixture.clients.open(ana);
  const { id } = await a.client.createDirect(ben.id);
  const refused = await a.client.send(id, 'reply to a missing message', {
    replyToId: crypto.randomUUID(),
  });
  await expect(a.client.whenSent(refused)).rejects.toThrow();
  await a.client.whenSent(await a.client.send(id, 'the next message'));
  expect(a.shown(id)).toEqual(['the next message']);
  expect(a.client.getState().outbox).toMatchObject([
    { client_message_id: refused, status: 'refused', content: 'reply to a missing message' },
  ]);
  await a.client.retry(refused);
  await until('refused again', () => a.client.getState().outbox[0]?.status === 'refused');
  await a.client.discard(refused);
  expect(a.client.getState().outbox).toEqual([]);
  await expect(a.client.openConversation(crypto.randomUUID())).rejects.toThrow(NotFoundError);
});

test('[D4] each of two devices, one of them offline, gets every message once; read positions are shared', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const a = await fixture.clients.open(ana);
  const { id } = await a.client.createDirect(ben.id);
  const [laptop, phone] = [await fixture.clients.open(ben), await fixture.clients.open(ben)];
  await a.client.whenSent(await a.client.send(id, 'one'));
  await until('both have it', () => laptop.received.length === 1 && phone.received.length === 1);
  phone.client.disconnect();
  expect(phone.client.getState().connection.state).toBe('offline');
  for (let i = 2; i <= 30; i += 1) await a.client.send(id, `message ${i}`);
  await until('the laptop has all', () => laptop.received.length === 30);
  await laptop.client.whenSent(await laptop.client.send(id, 'from the laptop'));
  laptop.client.markRead(id, 30);
  await until(
    'the read position is stored',
    async () => (await ben.conversation(id)).my.unread_count === 0,
  );
  phone.client.connect();
  await phone.live();
  expect(phone.received.map(({ seq }) => seq)).toEqual(Array.from({ length: 31 }, (_, i) => i + 1));
  expect(selectUnreadCount(phone.client.getState())).toBe(0);
  expect(phone.shown(id)).toEqual(laptop.shown(id));
  expect(laptop.received).toHaveLength(30);
});

test('[D12] a new client lists conversations, pages through history and counts unread messages', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { id } = await fixture.people.direct(ana, ben);
  const other = await fixture.people.group(ana, ben);
  for (let i = 1; i <= 120; i += 1) await ana.send(id, `message ${i}`);
  const b = await fixture.clients.open(ben);
  expect(selectConversations(b.client.getState()).map((one) => one.id)).toEqual([id, other.id]);
  expect(selectUnreadCount(b.client.getState())).toBe(120);
  await b.client.openConversation(id);
  while (await b.client.loadOlder(id));
  expect(b.shown(id)).toHaveLength(120);
  expect(selectHasOlder(b.client.getState(), id)).toBe(false);
  await ana.send(id, 'message 121');
  await until('it has arrived', () => b.shown(id).length === 121);
  expect(selectUnreadCount(b.client.getState())).toBe(121);
  const before = selectMessages(b.client.getState(), id);
  b.client.markRead(id, 100);
  expect(selectMessages(b.client.getState(), id)).toBe(before);
  expect(selectUnreadCount(b.client.getState())).toBe(21);
});

test('decode reads the last message of a conversation and marks undecodable content', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { id } = await fixture.people.direct(ana, ben);
  const a = await fixture.clients.open(ana);
  const last = async () => {
    const message = (await ana.conversation(id)).last_message;
    return message === null ? undefined : a.client.decode(message);
  };
  await a.client.whenSent(await a.client.send(id, 'Good morning'));
  expect(await last()).toMatchObject({ content: 'Good morning', isUnreadable: false });
  await ben.send(id, 'base64:no base64');
  expect(await last()).toMatchObject({ content: null, isUnreadable: true });
});

test('[D10] typing starts and stops, and a watched user’s presence is kept up to date', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const [a, b] = [await fixture.clients.open(ana), await fixture.clients.open(ben)];
  const { id } = await a.client.createDirect(ben.id);
  await until('ben has it', () => b.client.getState().conversationsById[id]);
  b.client.setTyping(id, true);
  await until(
    'ben is shown as typing',
    () => selectTyping(a.client.getState(), id)[0]?.username === ben.username,
  );
  await b.client.send(id, 'written');
  await until('it has arrived', () => a.received.length === 1);
  expect(selectTyping(a.client.getState(), id)).toEqual([]);
  await a.client.watchUser(ben.id);
  const presence = (): string | undefined => a.client.getState().userPresenceById[ben.id]?.status;
  await until('ben is online', () => presence() === 'online');
  b.client.setVisible(false);
  await until('ben is shown as offline', () => presence() === 'offline');
  const { users } = await a.client.findUsers(ben.username);
  expect(users.map((user) => user.id)).toEqual([ben.id]);
});
