import {
  type Instance,
  openInstance,
  openPusher,
  type PusherClient,
  until,
} from '@chasqui/testkit';
import Pusher from 'pusher';

// Channels of an application: the package `pusher` on its server, stock pusher-js on its pages, two nodes between them.

const MASTER_KEY = Buffer.alloc(32, 'k').toString('base64');
const APP = { PUSHER_APP_ID: '1', PUSHER_KEY: 'key', PUSHER_SECRET: 'a secret of this test' };

let instance: Instance;
let server: Pusher;
const clients: PusherClient[] = [];
beforeAll(async () => {
  instance = await openInstance({ nodes: 2, worker: false, env: APP });
  const { host } = new URL(instance.url());
  server = new Pusher({
    ...{ appId: '1', key: 'key', secret: APP.PUSHER_SECRET, host, useTLS: false },
    encryptionMasterKeyBase64: MASTER_KEY,
  });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(() => instance.close());

/** A page of the user with this id, connected to a node. */
function page(userId: string, node = 0): PusherClient {
  const client = openPusher(instance.url(node), {
    key: 'key',
    application: {
      channel: (socketId, name) =>
        server.authorizeChannel(
          socketId,
          name,
          name.startsWith('presence-')
            ? { user_id: userId, user_info: { name: userId } }
            : undefined,
        ),
      user: (socketId) => server.authenticateUser(socketId, { id: userId }),
    },
  });
  clients.push(client);
  return client;
}

test('a triggered event reaches the subscribers on all nodes, but not the named connection', async () => {
  const [one, two] = [page('ana'), page('ben', 1)];
  await Promise.all([one.subscribed('news'), two.subscribed('news')]);
  const { socket_id } = one.pusher.connection;
  await server.trigger('news', 'event', { n: 1 }, { socket_id });
  await server.trigger(['news', 'other'], 'event', { n: 2 });
  await until('both have the second', () => [one, two].every((all) => all.all('event').at(-1)));
  await until('ben has both', () => two.all('event').length === 2);
  expect(two.all('event')).toEqual([{ n: 1 }, { n: 2 }]);
  expect(one.all('event')).toEqual([{ n: 2 }]);
});

test('the members of a presence channel are unique over all nodes', async () => {
  const [ana, again, ben] = [page('ana'), page('ana', 1), page('ben', 1)];
  await ana.subscribed('presence-room');
  await ben.subscribed('presence-room');
  await until('ben is added', () => ana.all('pusher:member_added').length === 1);
  await again.subscribed('presence-room');
  expect(ana.all('pusher:member_added')).toEqual([{ id: 'ben', info: { name: 'ben' } }]);
  const answer = await server.get({ path: '/channels/presence-room/users' });
  const { users } = (await answer.json()) as { users: { id: string }[] };
  expect(users.map(({ id }) => id).sort()).toEqual(['ana', 'ben']);
  again.close();
  ben.pusher.unsubscribe('presence-room');
  await until('ben is removed', () => ana.all('pusher:member_removed').length > 0);
  expect(ana.all('pusher:member_removed')).toEqual([{ id: 'ben', info: { name: 'ben' } }]);
});

test('a user who comes back within three seconds has not left', async () => {
  const [ana, ben] = [page('ana'), page('ben', 1)];
  await ana.subscribed('presence-lobby');
  await ben.subscribed('presence-lobby');
  await until('ben is added', () => ana.all('pusher:member_added').length === 1);
  ben.close();
  ben.pusher.connect();
  await until('ben is back', () => ben.all('pusher:subscription_succeeded').length === 2);
  const cleo = page('cleo');
  await cleo.subscribed('presence-lobby');
  await until('cleo is added', () => ana.all('pusher:member_added').length === 2);
  expect(ana.all('pusher:member_removed')).toEqual([]);
});

test('client events reach the other subscribers of private and presence channels, with the sender', async () => {
  const [ana, ben] = [page('ana'), page('ben', 1)];
  const channel = await ana.subscribed('presence-desk');
  await ben.subscribed('presence-desk');
  const senders: unknown[] = [];
  ben.pusher
    .channel('presence-desk')
    .bind('client-moved', (_data: unknown, { user_id }: { user_id?: string } = {}) =>
      senders.push(user_id),
    );
  channel.trigger('client-moved', { x: 1 });
  await until('it has arrived', () => ben.all('client-moved').length === 1);
  expect([ben.all('client-moved'), senders]).toEqual([[{ x: 1 }], ['ana']]);
  expect(ana.all('client-moved')).toEqual([]);
  for (let i = 0; i < 15; i += 1) channel.trigger('client-moved', { x: i });
  await until('the rate is limited', () => ana.errors.length > 0);
  expect(ana.errors[0]).toMatchObject({ data: { code: 4301 } });
});

test('a cache channel begins with its last event, or says that there is none', async () => {
  const [early, late] = [page('ana'), page('ben', 1)];
  await early.subscribed('cache-weather');
  await until('there is none', () => early.all('pusher:cache_miss').length === 1);
  await server.trigger('cache-weather', 'changed', 'sunny');
  await until('it has arrived', () => early.all('changed').length === 1);
  await late.subscribed('cache-weather');
  await until('the last event is repeated', () => late.all('changed').length === 1);
  const answer = await server.get({ path: '/channels/cache-weather', params: { info: 'cache' } });
  expect(await answer.json()).toMatchObject({ occupied: true, cache: { data: 'sunny' } });
});

test('events of an encrypted channel are readable to its subscribers only, and it takes no client events', async () => {
  const [one, two] = [page('ana'), page('ben', 1)];
  const frames: unknown[] = [];
  two.pusher.connection.bind('message', (frame: unknown) => frames.push(frame));
  const channel = await one.subscribed('private-encrypted-plans');
  await two.subscribed('private-encrypted-plans');
  await server.trigger('private-encrypted-plans', 'changed', { secret: 'the harbour' });
  for (const client of [one, two]) {
    await until('it has arrived', () => client.all('changed').length === 1);
    expect(client.all('changed')).toEqual([{ secret: 'the harbour' }]);
  }
  expect(JSON.stringify(frames)).toContain('ciphertext');
  expect(JSON.stringify(frames)).not.toContain('harbour');
  // Stock clients refuse to send one, so this goes past the channel.
  expect(() => channel.trigger('client-moved', {})).toThrow('encrypted');
  one.pusher.send_event('client-moved', { x: 1 }, 'private-encrypted-plans');
  await until('it is refused', () => one.errors.length === 1);
  await server.trigger('private-encrypted-plans', 'changed', 'later');
  await until('the later one has arrived', () => two.all('changed').length === 2);
  expect(two.all('client-moved')).toEqual([]);
});

test('subscribers receive the number of subscriptions over all nodes', async () => {
  const [one, two] = [page('ana'), page('ben', 1)];
  const channel = await one.subscribed('private-counted');
  const isCounted = (count: number) => () => channel.subscriptionCount === count;
  await until('there is one', isCounted(1));
  await two.subscribed('private-counted');
  await until('there are two', isCounted(2));
  expect(one.all('pusher:subscription_count').at(-1)).toEqual({ subscription_count: 2 });
  const answer = await server.get({
    path: '/channels/private-counted',
    params: { info: 'subscription_count' },
  });
  expect(await answer.json()).toMatchObject({ occupied: true, subscription_count: 2 });
  two.close();
  await until('there is one again', isCounted(1));
});

test('a signed-in user receives events of their own, and is disconnected when they are terminated', async () => {
  const ana = page('ana', 1);
  const received: unknown[] = [];
  ana.pusher.user.bind('greeting', (data: unknown) => received.push(data));
  ana.pusher.signin();
  await until('the user is greeted', async () => {
    await server.sendToUser('ana', 'greeting', 'hello');
    return received.length > 0;
  });
  await server.terminateUserConnections('ana');
  await until('it is closed', () => ana.pusher.connection.state === 'disconnected');
  expect(ana.errors[0]).toMatchObject({ data: { code: 4009 } });
});

test('a channel that the application did not sign is refused', async () => {
  const client = openPusher(instance.url(), {
    key: 'key',
    application: { channel: () => ({ auth: 'key:forged' }) },
  });
  clients.push(client);
  client.subscribe('private-room');
  await until('it is refused', () => client.all('pusher:subscription_error').length === 1);
  expect(client.all('pusher:subscription_error')).toMatchObject([
    { type: 'AuthError', status: 401 },
  ]);
});

test('the secret of the app neither signs channels of the chat nor publishes to them', async () => {
  const id = '0190b3c4-1111-7222-8333-444455556666';
  const client = page(id);
  client.subscribe(`private-user-${id}`);
  await until('it is refused', () => client.all('pusher:subscription_error').length === 1);
  await expect(
    server.trigger(`private-conversation-${id}`, 'new-message', {}),
  ).rejects.toMatchObject({
    status: 403,
  });
});

test('requests are refused as on Pusher Channels', async () => {
  const statusOf = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 200,
      (error: unknown) => (error as { status: number }).status,
    );
  const stranger = new Pusher({
    ...{ appId: '1', key: 'key', secret: 'another secret' },
    ...{ host: new URL(instance.url()).host, useTLS: false },
  });
  const otherApp = new Pusher({
    ...{ appId: '2', key: 'key', secret: APP.PUSHER_SECRET },
    ...{ host: new URL(instance.url()).host, useTLS: false },
  });
  expect(
    await Promise.all([
      statusOf(stranger.trigger('news', 'event', 1)),
      statusOf(otherApp.trigger('news', 'event', 1)),
      statusOf(server.trigger('news', 'event', 'x'.repeat(10_241))),
      statusOf(server.trigger('news', 'event', 'x'.repeat(10_240))),
      statusOf(server.get({ path: '/channels', params: { info: 'user_count' } })),
      statusOf(server.get({ path: '/channels/news', params: { info: 'user_count' } })),
    ]),
  ).toEqual([401, 404, 413, 200, 400, 400]);
});
