import {
  createPeople,
  type Instance,
  openInstance,
  openSocket,
  type People,
  type Person,
  type SocketClient,
  until,
} from '@chasqui/testkit';

// Blocking between two people on different nodes. A group of both shows which events came before.

let instance: Instance;
let people: People;
const sockets: SocketClient[] = [];

beforeAll(async () => {
  instance = await openInstance({ nodes: 2, worker: false });
  people = createPeople(instance);
});
afterAll(async () => {
  for (const socket of sockets) socket.close();
  people.disconnectAll();
  await instance.close();
});

const connect = async ({ token }: Person, node: number): Promise<SocketClient> => {
  const socket = await openSocket(instance.url(node), { auth: { token } });
  sockets.push(socket);
  return socket;
};

const statusesOf = (socket: SocketClient, { id }: Person) =>
  (socket.all('user:status_changed') as { userId: string; status: string }[])
    .filter(({ userId }) => userId === id)
    .map(({ status }) => status);

const blocked = { status: 403, name: 'ForbiddenError', error: { details: { reason: 'blocked' } } };

test('[D1] a block applies at once on every node, over REST and sockets, and can be removed', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  const bens = await connect(ben, 1);
  const params = { id: ben.id };
  const send = { body: { conversation_id: id, content_encrypted: 'hello' } };

  expect((await ana.call('blockUser', { params })).status).toBe(204);
  expect(await ben.on(1).refused('sendMessage', send)).toMatchObject(blocked);
  const answer = await bens.ask('chat:message_send', { conversationId: id, contentEncrypted: 'x' });
  expect(answer).toMatchObject({ success: false, error: { name: 'ForbiddenError' } });
  expect(await ana.refused('sendMessage', send)).toMatchObject(blocked);
  expect((await ana.call('blockUser', { params })).status).toBe(204);
  const { body } = await ana.call('listBlocks');
  expect(body).toMatchObject({ blocks: [{ user_id: ben.id, username: ben.username }] });
  expect((await ben.call('listBlocks')).body.blocks).toEqual([]);

  expect((await ana.on(1).call('unblockUser', { params })).status).toBe(204);
  expect((await ben.send(id, 'hello again')).seq).toBe(1);
});

test('[D10] a block shows each user to the other as offline, and hides typing', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  const group = await people.group(ana, ben);
  const anas = await connect(ana, 0);
  const bens = await connect(ben, 1);
  const presenceOf = async (viewer: Person, seen: Person) =>
    (await viewer.call('readUser', { params: { id: seen.id } })).body.presence;
  await until('each sees the other as online', async () => {
    const presences = [await presenceOf(ana, ben), await presenceOf(ben, ana)];
    return presences.every((presence) => presence?.status === 'online');
  });

  await ana.call('blockUser', { params: { id: ben.id } });
  await until('each sees the other as offline', () =>
    [statusesOf(anas, ben).at(-1), statusesOf(bens, ana).at(-1)].every((s) => s === 'offline'),
  );
  expect([await presenceOf(ana, ben), await presenceOf(ben, ana)]).toEqual([null, null]);
  const users = (await ben.call('findUsers', { query: { query: ana.username } })).body.users;
  expect(users).toMatchObject([{ id: ana.id, presence: null }]);

  const before = statusesOf(bens, ana).length;
  await connect(ana, 1);
  anas.close();
  for (const [socket, who] of [
    [await connect(ana, 0), 'ana'],
    [bens, 'ben'],
  ] as const) {
    expect([who, await socket.ask('chat:typing', { conversationId: id, isTyping: true })]).toEqual([
      who,
      { success: true },
    ]);
  }
  await bens.ask('presence:offline');
  const other = await connect(ana, 0);
  // Typing in the group comes after any event of the direct conversation.
  await bens.ask('chat:typing', { conversationId: group.id, isTyping: true });
  await until('typing in the group arrives', () => other.all('chat:user_typing').length > 0);
  expect(other.all('chat:user_typing')).toMatchObject([{ conversationId: group.id }]);
  expect(bens.all('chat:user_typing')).toEqual([]);
  await ana.send(group.id, 'to all');
  await until('the message arrived', () => bens.all('chat:message_received').length > 0);
  expect(statusesOf(bens, ana)).toHaveLength(before);
  expect(statusesOf(other, ben)).toEqual([]);

  await bens.ask('presence:online');
  await ana.call('unblockUser', { params: { id: ben.id } });
  await until('each sees the other as online again', () =>
    [statusesOf(other, ben).at(-1), statusesOf(bens, ana).at(-1)].every((s) => s === 'online'),
  );
});

test("[D7] a block reaches the user's own devices, a bar reaches the other person, and offline devices get both by sync", async () => {
  const { ana, ben, cleo } = await people.registerAll('ana', 'ben', 'cleo');
  const { id } = await people.direct(ana, ben);
  await people.group(ana, ben, cleo);
  const { cursor } = (await ben.call('readSync')).body;
  const [phone, laptop] = [await connect(ana, 0), await connect(ana, 1)];
  const [bens, cleos] = [await connect(ben, 1), await connect(cleo, 1)];
  const changes = (socket: SocketClient): unknown => socket.all('chat:block_changed');
  const barsSeen = (socket: SocketClient) =>
    (socket.all('conversation:updated') as { id: string; barred: string | null }[])
      .filter((one) => one.id === id)
      .map(({ barred }) => barred);
  const updatedAt = (await ana.conversation(id)).updated_at;

  await ana.call('blockUser', { params: { id: ben.id } });
  await ana.call('blockUser', { params: { id: ben.id } });
  await until('both devices and the other person were notified', () =>
    [phone, laptop, bens].every((socket) => barsSeen(socket).length === 1),
  );
  expect(await ben.conversation(id)).toMatchObject({ barred: 'blocked', updated_at: updatedAt });
  const { conversations } = (await ben.call('readSync', { query: { cursor } })).body;
  expect(conversations.find((one) => one.id === id)).toMatchObject({ barred: 'blocked' });
  // The other person blocks, too: only their own devices are notified.
  await ben.call('blockUser', { params: { id: ana.id } });
  await ana.call('unblockUser', { params: { id: ben.id } });
  expect(await ana.conversation(id)).toMatchObject({ barred: 'blocked' });
  await ben.call('unblockUser', { params: { id: ana.id } });
  await until('the conversation is open again', () =>
    [phone, laptop, bens].every((socket) => barsSeen(socket).length === 2),
  );
  expect(barsSeen(bens)).toEqual(['blocked', null]);
  const anas = [true, false].map((blocked) => ({ userId: ben.id, blocked }));
  await until('everything was announced', () =>
    [phone, laptop].every((socket) => socket.all('chat:block_changed').length === 2),
  );
  expect([changes(phone), changes(laptop)]).toEqual([anas, anas]);
  expect(changes(bens)).toEqual([true, false].map((blocked) => ({ userId: ana.id, blocked })));
  expect(changes(cleos)).toEqual([]);
  expect(barsSeen(cleos)).toEqual([]);
});
