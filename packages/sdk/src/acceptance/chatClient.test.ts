import { type Instance, openInstance } from '@pern/testing/instance';
import { createPeople, type People } from '@pern/testing/people';
import { until } from '@pern/testing/until';
import type { ChatClient } from '../chatClient';
import { openChatClient } from '../openChatClient';
import { selectMessages } from '../state/selectors';

let instance: Instance;
let people: People;
const open: ChatClient[] = [];
beforeAll(async () => {
  instance = await openInstance();
  people = createPeople(instance);
}, 60_000);
afterAll(async () => {
  await Promise.all(open.map((client) => client.close()));
  people.leave();
  await instance.close();
});

test('a message goes from one to the other and is ticked', async () => {
  const { ana, ben } = await people.cast('ana', 'ben');
  const [a, b] = await Promise.all([
    openChatClient({ url: instance.url() }),
    openChatClient({ url: instance.url() }),
  ]);
  open.push(a, b);
  await a.signIn({ username: ana.username, password: ana.password });
  await b.signIn({ username: ben.username, password: ben.password });
  a.connect();
  b.connect();
  await until(
    'live',
    () => a.getState().connection.state === 'live' && b.getState().connection.state === 'live',
  );
  const told: string[] = [];
  b.onMessage(({ content }) => told.push(content ?? ''));
  const { id } = await a.createDirect(ben.id);
  const sent = await a.whenSent(await a.send(id, 'Hello, Ben'));
  expect(sent.seq).toBe(1);
  await until('told', () => told.length === 1);
  expect(told).toEqual(['Hello, Ben']);
  await until('delivered', () =>
    a
      .getState()
      .conversationsById[id]?.participants.some(
        (p) => p.user_id === ben.id && p.delivered_seq === 1,
      ),
  );
  expect(selectMessages(b.getState(), id)).toHaveLength(1);
  expect(b.getState().conversationsById[id]?.my.unread_count).toBe(1);
  b.markRead(id, 1);
  expect(b.getState().conversationsById[id]?.my.unread_count).toBe(0);
  await until('read', () =>
    a
      .getState()
      .conversationsById[id]?.participants.some((p) => p.user_id === ben.id && p.read_seq === 1),
  );
});
