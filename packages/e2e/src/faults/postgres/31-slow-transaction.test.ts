import pg from 'pg';
import {
  connected,
  medianOf,
  millisecondsOf,
  sendUntilAcknowledged,
  until,
} from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture, upTo } from '../faultFixture';

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterAll(() => fixture.close());

test('[fault 31: O] a slow transaction in one conversation neither delays other conversations nor makes them skip entries', async () => {
  const { ana, ben, id } = await fixture.pair();
  const { cleo, dora, emil } = await fixture.people.registerAll('cleo', 'dora', 'emil');
  // One more than the number of concurrent batches.
  const slowOnes = [id];
  for (const person of [dora, emil]) slowOnes.push((await fixture.people.direct(ana, person)).id);
  const other = await fixture.people.direct(ana, cleo);
  const sender = await connected(ana.device());
  const bens = await connected(ben.on(1).device());
  const cleos = await connected(cleo.on(1).device());
  await sender.send(id, 'before');
  const { cursor } = (await cleo.call('readSync')).body;
  const slow = new pg.Client({ connectionString: fixture.postgres.url });
  await slow.connect();
  await slow.query('BEGIN');
  await slow.query('SELECT FROM conversations WHERE id = ANY ($1::uuid[]) FOR UPDATE', [slowOnes]);
  // On a slow machine these time out and are retried.
  const waiting = [1, 2, 3].map((i) => sendUntilAcknowledged(sender, id, `behind it ${i}`));
  const others = slowOnes.slice(1).map((slowOne) => sender.send(slowOne, 'also behind it'));

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
  // Sends behind the lock wait for seconds.
  expect(medianOf(tookMs)).toBeLessThan(1_000);
  expect(Math.max(...tookMs)).toBeLessThan(10_000);
  await until('the other conversation has every message', () => cleos.wire(other.id).length === 30);
  const changes = (await cleo.call('readSync', { query: { cursor } })).body;
  expect(changes.messages.map(({ seq }) => seq)).toEqual(upTo(30));
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
    expect(await fixture.violations({ ...run, attempts })).toEqual([]);
  }
});
