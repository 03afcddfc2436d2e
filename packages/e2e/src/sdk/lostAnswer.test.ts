import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ClientFixture, openClientFixture } from './clients/clientFixture';

let fixture: ClientFixture;
let proxy: Server;
/** How many responses to the creation of a group the proxy still has to drop. */
let toDrop = 0;
let statuses: string[] = [];
beforeAll(async () => {
  fixture = await openClientFixture({ worker: false });
  proxy = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const onward = request(fixture.instance.url() + url, { method, headers }, (answer) => {
      if (method === 'POST' && url === '/api/conversations/group') {
        statuses.push(String(answer.statusCode));
        if (toDrop-- > 0) {
          outgoing.destroy();
          return;
        }
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
  await fixture.close();
});

test('a group is created once even if the response is lost', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { port } = proxy.address() as AddressInfo;
  const { client } = await fixture.clients.prepare(ana, { url: `http://127.0.0.1:${port}` });
  toDrop = 1;
  const { id } = await client.createGroup('Choir', [ben.id]);
  expect(statuses).toEqual(['201', '200']);
  const listed = async () => (await ana.call('listConversations')).body.conversations;
  expect((await listed()).map((one) => one.id)).toEqual([id]);

  // If it is lost twice, the caller has to try again with the same id.
  statuses = [];
  toDrop = 2;
  const again = { clientId: 'the same' };
  await expect(client.createGroup('Band', [ben.id], again)).rejects.toThrow();
  const band = await client.createGroup('Band', [ben.id], again);
  expect(statuses).toEqual(['201', '200', '200']);
  expect(new Set((await listed()).map((one) => one.id))).toEqual(new Set([id, band.id]));
});
