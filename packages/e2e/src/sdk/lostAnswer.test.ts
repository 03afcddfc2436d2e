import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ClientRoom, openClientRoom } from './clients/clientRoom';

let room: ClientRoom;
let wire: Server;
/** How many responses to the creation of a group the proxy still has to drop. */
let losing = 0;
let asked: string[] = [];
beforeAll(async () => {
  room = await openClientRoom({ worker: false });
  wire = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const onward = request(room.instance.url() + url, { method, headers }, (answer) => {
      if (method === 'POST' && url === '/api/conversations/group') {
        asked.push(String(answer.statusCode));
        if (losing-- > 0) {
          outgoing.destroy();
          return;
        }
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  wire.closeAllConnections();
  await new Promise((resolve) => wire.close(resolve));
  await room.close();
});

test('a group is created once even if the response is lost', async () => {
  const { ana, ben } = await room.people.registerAll('ana', 'ben');
  const { port } = wire.address() as AddressInfo;
  const { client } = await room.clients.prepare(ana, { url: `http://127.0.0.1:${port}` });
  losing = 1;
  const { id } = await client.createGroup('Choir', [ben.id]);
  expect(asked).toEqual(['201', '200']);
  const listed = async () => (await ana.call('listConversations')).body.conversations;
  expect((await listed()).map((one) => one.id)).toEqual([id]);

  // If it is lost twice, the caller has to try again with the same id.
  asked = [];
  losing = 2;
  const again = { clientId: 'the same' };
  await expect(client.createGroup('Band', [ben.id], again)).rejects.toThrow();
  const band = await client.createGroup('Band', [ben.id], again);
  expect(asked).toEqual(['201', '200', '200']);
  expect(new Set((await listed()).map((one) => one.id))).toEqual(new Set([id, band.id]));
});
