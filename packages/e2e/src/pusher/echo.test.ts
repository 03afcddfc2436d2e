import {
  createPeople,
  type Instance,
  openInstance,
  type People,
  type Person,
  startTcpProxy,
  type TcpProxy,
  until,
} from '@chasqui/testkit';
import type Echo from 'laravel-echo' with { 'resolution-mode': 'import' };
import type * as PusherModule from 'pusher-js';

// Laravel Echo as published, with both connectors that speak the protocol, on two nodes.

// The types of Echo take the module, as programs of ES modules import it.
const Pusher = jest.requireActual<typeof PusherModule>('pusher-js');

let instance: Instance;
let people: People;
const cleanups: (() => unknown)[] = [];
beforeAll(async () => {
  instance = await openInstance({ nodes: 2, worker: false });
  people = createPeople(instance, { home: 1 });
});
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
});
afterAll(() => instance?.close());

type Broadcaster = 'pusher' | 'reverb';

async function openEcho(
  person: Person,
  broadcaster: Broadcaster,
  url = instance.url(),
): Promise<Echo<Broadcaster>> {
  const { default: EchoClient } = await import('laravel-echo');
  const { hostname, port } = new URL(url);
  const options = {
    ...{ key: 'chasqui', cluster: '', Pusher },
    ...{ wsHost: hostname, wsPort: Number(port), forceTLS: false },
    enabledTransports: ['ws' as const],
    authEndpoint: `${url}/broadcasting/auth`,
    bearerToken: person.token,
  };
  const echo: Echo<Broadcaster> =
    broadcaster === 'pusher'
      ? new EchoClient({ broadcaster: 'pusher', ...options })
      : new EchoClient({ broadcaster: 'reverb', ...options });
  cleanups.push(() => echo.disconnect());
  return echo;
}

async function openProxy(): Promise<TcpProxy> {
  const proxy = await startTcpProxy(Number(new URL(instance.url()).port));
  cleanups.push(() => proxy.close());
  return proxy;
}

test.each<Broadcaster>(['pusher', 'reverb'])(
  '[D4] the connector %s receives a conversation, and what was sent while it was away',
  async (broadcaster) => {
    const { ana, ben } = await people.registerAll('ana', 'ben');
    const { id } = await people.direct(ana, ben);
    const proxy = await openProxy();
    const echo = await openEcho(ben, broadcaster, `http://127.0.0.1:${proxy.port}`);
    const seqs: number[] = [];
    let isSubscribed = false;
    echo
      .private(`conversation-${id}`)
      .subscribed(() => (isSubscribed = true))
      .listen('.new-message', ({ seq }: { seq: number }) => seqs.push(seq));
    await until('it is subscribed', () => isSubscribed);
    for (let i = 0; i < 3; i += 1) await ana.send(id, 'hello');
    await until('they are acknowledged', async () => {
      const { participants } = await ana.conversation(id);
      return participants.some((one) => one.user_id === ben.id && one.delivered_seq === 3);
    });
    proxy.drop();
    for (let i = 0; i < 3; i += 1) await ana.send(id, 'hello');
    await until('all have arrived', () => seqs.length >= 6);
    expect(seqs).toEqual([1, 2, 3, 4, 5, 6]);
  },
);

test('[D10] the members of a presence channel are those online, and whispers are typing', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  const first = await openEcho(ana, 'pusher');
  const seen: unknown[] = [];
  const nameOf = (member: unknown): string => (member as { username: string }).username;
  first
    .join(`conversation-${id}`)
    .here((members: unknown[]) => seen.push(['here', ...members.map(nameOf)]))
    .joining((member: unknown) => seen.push(['joining', nameOf(member)]))
    .leaving((member: unknown) => seen.push(['leaving', nameOf(member)]))
    .listenForWhisper('typing', ({ userId }: { userId: string }) => seen.push(['typing', userId]));
  await until('the members are shown', () => seen.length === 1);
  expect(seen[0]).toEqual(['here', ana.username]);
  const second = await openEcho(ben, 'pusher', instance.url(1));
  const channel = second.join(`conversation-${id}`);
  await until('ben joins', () => seen.length === 2);
  channel.whisper('typing', {});
  await until('ben types', () => seen.length === 3);
  second.disconnect();
  await until('ben leaves', () => seen.some((one) => JSON.stringify(one).includes('leaving')));
  expect(seen.slice(1, 3)).toEqual([
    ['joining', ben.username],
    ['typing', ben.id],
  ]);
});

test('[D9] a channel of other people reports an error', async () => {
  const { ana, ben, cleo } = await people.registerAll('ana', 'ben', 'cleo');
  const { id } = await people.direct(ana, ben);
  const errors: unknown[] = [];
  const echo = await openEcho(cleo, 'pusher');
  echo.private(`conversation-${id}`).error((error: unknown) => errors.push(error));
  await until('it is refused', () => errors.length === 1);
  expect(errors).toMatchObject([{ type: 'AuthError', status: 403 }]);
});
