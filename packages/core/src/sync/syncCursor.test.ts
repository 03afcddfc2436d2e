import { type DeliveryNode, openDeliveryNode } from '../testing/coreNode';
import { type DeliveryRoom, openDeliveryRoom } from '../testing/coreRoom';
import { encodeSyncCursor } from './syncCursor';

let room: DeliveryRoom;
let node: DeliveryNode;
beforeAll(async () => {
  room = await openDeliveryRoom();
  node = openDeliveryNode(room.db);
});
afterAll(async () => {
  await node.stop();
  await room.close();
});

test('[D9] a cursor of another user, an altered one and one older than 90 days are refused', async () => {
  const [ana, ben] = await room.users('cursor-ana', 'cursor-ben');
  await node.core.conversations.createDirect(ana, ben);
  const { cursor } = await node.core.sync.readChanges(ana, { limit: 10 });
  const [body = '', signature = ''] = cursor.split('.');
  const key = await room.rows(`SELECT value FROM instance WHERE key = 'cursor_key'`);
  const position = {
    since: 1,
    until: 0,
    conversationId: null,
    phase: 'changed',
    marker: 0,
  } as const;
  const sealed = (days: number, since = 1): string =>
    encodeSyncCursor(
      key[0]?.[0] as Buffer,
      ana,
      { ...position, since },
      Date.now() - days * 86_400_000,
    );
  const flipped = body.replace(/./, (char) => (char === 'A' ? 'B' : 'A'));
  const refused: [string, string][] = [
    [ben, cursor],
    [ana, `${flipped}.${signature}`],
    [ana, `${body}.${signature.slice(0, -2)}`],
    [ana, `${body}.${signature}.`],
    [ana, body],
    [ana, ''],
    [ana, '.'],
    [ana, 'x'.repeat(1_000)],
    [ana, sealed(91)],
    // Ahead of this database, as after a restored backup.
    [ana, sealed(0, 1_000_000)],
  ];
  for (const [userId, bad] of refused) {
    await expect(
      node.core.sync.readChanges(userId, { limit: 10, cursor: bad }),
    ).rejects.toMatchObject({
      name: 'ValidationError',
      details: [{ path: 'cursor' }],
    });
  }
  expect(await node.core.sync.readChanges(ana, { limit: 10, cursor: sealed(89) })).toMatchObject({
    has_more: false,
  });
});
