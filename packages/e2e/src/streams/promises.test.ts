import { findPort } from '@chasqui/services';
import { startTcpProxy, type TcpProxy, until } from '@chasqui/testkit';
import { type FaultFixture, openFaultFixture, upTo } from '../faults/faultFixture';
import { eventSourceForNode, type StreamClient } from './streamClients';

// A stock EventSource on two nodes whose connections and Redis fail: every message arrives once and in order.

let fixture: FaultFixture;
const cleanups: (() => Promise<void>)[] = [];
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
});
afterAll(() => fixture.close());

/** An EventSource of the second person of a new conversation, behind a proxy; the first person sends. */
interface Room {
  client: StreamClient;
  /** Between the client and node 0. */
  proxy: TcpProxy;
  /** Sends through node 1. */
  send(count: number): Promise<void>;
  /** Waits until the client has all that was sent. */
  arrived(): Promise<void>;
}

async function openRoom(): Promise<Room> {
  const { ana, ben, id } = await fixture.pair();
  const proxy = await startTcpProxy(fixture.server(0).port);
  cleanups.push(() => proxy.close());
  const { body } = await ben.call('readMercureToken');
  const client = await eventSourceForNode({
    url: `http://127.0.0.1:${proxy.port}`,
    ...{ topic: `/conversations/${id}`, token: body.token },
  });
  cleanups.push(() => client.close());
  let sent = 0;
  return {
    ...{ client, proxy },
    async send(count) {
      for (let i = 0; i < count; i += 1) {
        sent += 1;
        const message = { conversation_id: id, content_encrypted: `message ${sent}` };
        await ana.on(1).call('sendMessage', { body: message });
      }
    },
    async arrived() {
      await until(
        `${sent} messages have arrived`,
        async () => (await client.seqs()).at(-1) === sent,
      );
    },
  };
}

test('[D3, D4] messages written to a connection that was cut arrive once and in order when the client returns', async () => {
  const { client, proxy, send, arrived } = await openRoom();
  await send(5);
  await arrived();
  for (let cuts = 0; cuts < 3; cuts += 1) {
    // From here on the node writes to a connection that carries nothing.
    proxy.cut();
    await send(5);
    proxy.heal();
    proxy.drop();
    await send(5);
    await arrived();
  }
  expect(await client.seqs()).toEqual(upTo(35));
});

test('[D4] 300 messages that were sent while the client had no network arrive once and in order from the other node', async () => {
  const { client, proxy, send, arrived } = await openRoom();
  await send(3);
  await arrived();
  proxy.retarget(await findPort('127.0.0.1'));
  proxy.drop();
  await send(300);
  proxy.retarget(fixture.server(1).port);
  await arrived();
  expect(await client.seqs()).toEqual(upTo(303));
});

test('[D11] a flushed Redis loses and repeats nothing', async () => {
  const { client, proxy, send, arrived } = await openRoom();
  const sending = send(60);
  await until('some have arrived', async () => (await client.seqs()).length > 10);
  await fixture.instance.redis.command('FLUSHALL');
  proxy.drop();
  await sending;
  await arrived();
  expect(await client.seqs()).toEqual(upTo(60));
});
