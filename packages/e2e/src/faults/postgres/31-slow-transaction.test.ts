import pg from 'pg';
import { medianOf, millisecondsOf, until } from '@chasqui/testkit';
import { connected, openScene, type Scene, sendSurely, upTo } from '../scene';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

test('[fault 31: O] a slow transaction in one conversation: readers of others skip nothing and wait for nothing', async () => {
  const { ana, ben, id } = await scene.pair();
  const { cleo, dora, emil } = await scene.people.registerAll('cleo', 'dora', 'emil');
  // As many as fill the places for batches, and one more.
  const slowOnes = [id];
  for (const person of [dora, emil]) slowOnes.push((await scene.people.direct(ana, person)).id);
  const other = await scene.people.direct(ana, cleo);
  const sender = await connected(ana.device());
  const bens = await connected(ben.on(1).device());
  const cleos = await connected(cleo.on(1).device());
  await sender.send(id, 'before');
  const { cursor } = (await cleo.call('readSync')).body;
  const slow = new pg.Client({ connectionString: scene.postgres.url });
  await slow.connect();
  await slow.query('BEGIN');
  await slow.query('SELECT FROM conversations WHERE id = ANY ($1::uuid[]) FOR UPDATE', [slowOnes]);
  // On a slow machine the lock outlasts their patience, and they are told to try again.
  const waiting = [1, 2, 3].map((i) => sendSurely(sender, id, `behind it ${i}`));
  const others = slowOnes.slice(1).map((slowOne) => sender.send(slowOne, 'behind it too'));

  const tookMs: number[] = [];
  for (let i = 0; i < 30; i += 1) {
    const round = async () => {
      const { outcome } = await sender.send(other.id, `message ${i}`);
      expect(outcome).toBe('acknowledged');
      await cleo.call('readHistory', { params: { conversationId: other.id } });
      await ben.call('readHistory', { params: { conversationId: id } });
    };
    tookMs.push(await millisecondsOf(round));
  }
  // What waits behind the lock waits for seconds.
  expect(medianOf(tookMs)).toBeLessThan(1_000);
  expect(Math.max(...tookMs)).toBeLessThan(10_000);
  await until('the other conversation has all', () => cleos.wire(other.id).length === 30);
  const news = (await cleo.call('readSync', { query: { cursor } })).body;
  expect(news.messages.map(({ seq }) => seq)).toEqual(upTo(30));
  expect(bens.wire(id)).toEqual([1]);
  await slow.query('COMMIT');
  await slow.end();

  const outcomes = await Promise.all(waiting);
  await Promise.all(others);
  expect(outcomes.map(({ message }) => message?.seq).toSorted()).toEqual([2, 3, 4]);
  for (const [conversationId, person, device] of [
    [id, ben, bens],
    [other.id, cleo, cleos],
  ] as const) {
    const attempts = sender.attempts.filter((one) => one.conversationId === conversationId);
    const run = { conversationId, people: [ana, person], devices: [device] };
    expect(await scene.verdict({ ...run, attempts })).toEqual([]);
  }
});
