import {
  openPusher,
  type Person,
  type PusherClient,
  startTcpProxy,
  type TcpProxy,
  until,
} from '@chasqui/testkit';
import { type FaultFixture, openFaultFixture, upTo } from '../faults/faultFixture';

// Stock pusher-js on two nodes whose connections and stores fail: what it missed arrives, in order.

let fixture: FaultFixture;
const cleanups: (() => unknown)[] = [];
beforeAll(async () => {
  fixture = await openFaultFixture({ envOf: [{}, { ACCESS_TOKEN_TTL_S: '8' }] });
});
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
});
afterAll(() => fixture.close());

/** A client of the second person of a new conversation, behind a proxy; the first person sends. */
interface Room {
  id: string;
  ana: Person;
  ben: Person;
  client: PusherClient;
  /** Between the client and node 0. */
  proxy: TcpProxy;
  /** Sends through a node. */
  send(count: number, node?: number): Promise<void>;
  /** Waits until the client has all that was sent. */
  arrived(): Promise<void>;
  /** Waits until the client's device has acknowledged all that was sent. */
  acknowledged(): Promise<void>;
}

async function openRoom(token?: () => string): Promise<Room> {
  const { ana, ben, id } = await fixture.pair();
  const proxy = await startTcpProxy(fixture.server(0).port);
  cleanups.push(() => proxy.close());
  const client = openPusher(`http://127.0.0.1:${proxy.port}`, {
    token: token ?? ben.token,
    // A client that notices a dead connection after 2 s instead of a minute.
    ...{ activityTimeout: 1_000, pongTimeout: 1_000 },
  });
  cleanups.push(() => client.close());
  let sent = 0;
  return {
    ...{ id, ana, ben, client, proxy },
    async send(count, node = 1) {
      for (let i = 0; i < count; i += 1) {
        sent += 1;
        const body = { conversation_id: id, content_encrypted: `message ${sent}` };
        await ana.on(node).call('sendMessage', { body });
      }
    },
    async arrived() {
      await until(`${sent} messages have arrived`, () => seqs(client).at(-1) === sent);
    },
    async acknowledged() {
      await until(`${sent} messages are acknowledged`, async () => {
        const { participants } = await ana.conversation(id);
        return participants.some((one) => one.user_id === ben.id && one.delivered_seq === sent);
      });
    },
  };
}

const channelOf = ({ id }: Room): string => `private-conversation-${id}`;

const seqs = ({ all }: PusherClient): number[] =>
  all('new-message').map((message) => (message as { seq: number }).seq);

/** The seqs that arrived on each connection of the client. */
function seqsByConnection({ events }: PusherClient): number[][] {
  const connections: number[][] = [];
  for (const { event, data } of events) {
    if (event === 'pusher:subscription_succeeded') connections.push([]);
    if (event === 'new-message') connections.at(-1)?.push((data as { seq: number }).seq);
  }
  return connections;
}

/** Every connection received a run without a gap, and each continues where the one before it ended or earlier. */
function expectInOrder(client: PusherClient, total: number): void {
  let last = 0;
  for (const received of seqsByConnection(client)) {
    const [first] = received;
    if (first === undefined) continue;
    expect(first).toBeLessThanOrEqual(last + 1);
    expect(received).toEqual(upTo(received.length, first));
    last = first + received.length - 1;
  }
  expect(last).toBe(total);
}

test('[D3, D4] through a cut of the connection every message arrives in order, an acknowledged one once', async () => {
  const room = await openRoom();
  const { client, proxy } = room;
  await client.subscribed(channelOf(room));
  await room.send(5);
  await room.acknowledged();
  proxy.cut();
  proxy.heal();
  await room.send(5);
  await room.arrived();
  await room.acknowledged();
  proxy.drop();
  await room.send(5);
  await room.arrived();
  expectInOrder(client, 15);
  // Nothing that was acknowledged arrives again.
  expect(seqs(client)).toEqual(upTo(15));
});

test('[D1, D4] a client whose node is killed continues on the other one, while messages are sent', async () => {
  const room = await openRoom();
  const { client, proxy } = room;
  await client.subscribed(channelOf(room));
  const sending = room.send(60);
  await until('some have arrived', () => seqs(client).length > 10);
  proxy.retarget(fixture.server(1).port);
  await fixture.server(0).program.kill();
  await sending;
  await room.arrived();
  await fixture.server(0).restart();
  expectInOrder(client, 60);
});

test('[D4] 300 messages that were sent while the client was away arrive once and in order when it returns', async () => {
  const room = await openRoom();
  const { client } = room;
  await client.subscribed(channelOf(room));
  await room.send(3);
  await room.acknowledged();
  client.close();
  await room.send(300);
  client.pusher.connect();
  await room.arrived();
  await room.acknowledged();
  expect(seqs(client)).toEqual(upTo(303));
});

test('[D11] a flushed Redis loses and repeats nothing', async () => {
  const room = await openRoom();
  const { client } = room;
  await client.subscribed(channelOf(room));
  const sending = room.send(40);
  await until('some have arrived', () => seqs(client).length > 10);
  await fixture.instance.redis.command('FLUSHALL');
  await sending;
  await room.arrived();
  expect(seqs(client)).toEqual(upTo(40));
});

test('[D11] without Redis, messages arrive from both nodes, and a client can return', async () => {
  const room = await openRoom();
  const { client, proxy } = room;
  await client.subscribed(channelOf(room));
  await room.send(5);
  await room.acknowledged();
  await fixture.instance.redis.kill();
  await room.send(5, 0);
  await room.send(5, 1);
  await room.arrived();
  await room.acknowledged();
  proxy.drop();
  await room.send(5, 0);
  await room.arrived();
  await fixture.instance.redis.start();
  await room.send(5);
  await room.arrived();
  expect(seqs(client)).toEqual(upTo(25));
});

test('[D11] a client that returns while its node has no PostgreSQL receives everything when it is back', async () => {
  const room = await openRoom();
  const { client, proxy } = room;
  const { postgres } = fixture.server(0);
  await client.subscribed(channelOf(room));
  await room.send(5);
  await room.acknowledged();
  postgres.cut();
  await room.send(5);
  proxy.drop();
  await until('it has returned', () => client.pusher.connection.state === 'connected');
  await room.send(5);
  expect(Math.max(...seqs(client))).toBeLessThanOrEqual(10);
  postgres.heal();
  await room.arrived();
  expectInOrder(client, 15);
  // What arrived during the outage could not be acknowledged; only that may arrive again.
  expect(seqsByConnection(client)[1]?.[0]).toBeGreaterThan(5);
  expect(client.all('pusher:subscription_error')).toEqual([]);
});

test('[D11] a client that another node without PostgreSQL could not authorize asks again until it can', async () => {
  const { ana, ben, id } = await fixture.pair();
  const [home, other] = [fixture.server(0), fixture.server(1)];
  await ana.send(id, 'missed');
  other.postgres.cut();
  const client = openPusher(home.url, { token: ben.token, endpoint: `${other.url}/pusher/auth` });
  cleanups.push(() => client.close());
  const channel = client.subscribe(`private-conversation-${id}`);
  await until('it was sent away', () => client.errors.length > 0);
  expect(client.errors[0]).toMatchObject({ data: { code: 4100 } });
  other.postgres.heal();
  await until('it is subscribed', () => channel.subscribed);
  await until('it has arrived', () => seqs(client).length === 1);
});

test('[D11] a connection outlives the death of PostgreSQL', async () => {
  const room = await openRoom();
  const { client } = room;
  await client.subscribed(channelOf(room));
  await room.send(5);
  await room.arrived();
  await fixture.postgres.kill();
  await fixture.postgres.start();
  await until('sends are accepted again', async () => {
    const { id, ana } = room;
    const body = { conversation_id: id, content_encrypted: 'probe', client_message_id: PROBE };
    return (await ana.on(1).call('sendMessage', { body })).body.seq === 6;
  });
  await until('it has arrived', () => seqs(client).at(-1) === 6);
  expectInOrder(client, 6);
  expect(client.all('pusher:subscription_error')).toEqual([]);
});

const PROBE = '0190b3c4-aaaa-7222-8333-444455556666';

test('[D4] an expired token closes the connection, and the next one continues after what was acknowledged', async () => {
  let token = '';
  const room = await openRoom(() => token);
  const { client, ben } = room;
  // Node 1 issues brief tokens, node 0 does not.
  const { body: brief } = await ben.on(1).call('login', { body: ben });
  token = brief.access_token;
  await client.subscribed(channelOf(room));
  const body = { refresh_token: brief.refresh_token };
  token = (await ben.call('refresh', { body })).body.access_token;
  await room.send(3);
  await room.acknowledged();
  await until('the token expires', () => client.errors.length > 0);
  await room.send(3);
  await room.arrived();
  expect(client.errors[0]).toMatchObject({ data: { code: 4200 } });
  expect(seqsByConnection(client)).toEqual([upTo(3), upTo(3, 4)]);
});
