import { type Person } from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../../testing/acceptanceSuite';

const suite = setUpAcceptanceSuite({ nodes: 2, worker: false });

const set = (who: Person, body: object) => who.call('changePrivacy', { body });

test('with the open policy, each person chooses who may write to them, and a refusal looks like a block', async () => {
  const { ana, ben, cleo, dan } = await suite.people.registerAll('ana', 'ben', 'cleo', 'dan');
  await set(ben, { who_can_message: 'nobody' });
  await set(cleo, { who_can_message: 'known' });
  await dan.call('blockUser', { params: { id: ana.id } });
  const refused = async (who: Person) => {
    const { status, error } = await ana.refused('createDirect', { body: { user_id: who.id } });
    return { status, error };
  };
  const block = await refused(dan);
  expect(block.status).toBe(403);
  expect([await refused(ben), await refused(cleo)]).toEqual([block, block]);
  // Cleo knows the people she wrote to, and existing conversations continue.
  const { id } = await suite.people.direct(cleo, ana);
  await set(cleo, { who_can_message: 'nobody' });
  expect((await ana.send(id, 'hello')).seq).toBe(1);
});

test('with the open policy, known people can add and others only invite; `nobody` refuses like a block; leaving is respected', async () => {
  const { ana, ben, cleo, dan } = await suite.people.registerAll('ana', 'ben', 'cleo', 'dan');
  const { id } = await suite.people.group(ana);
  const add = (who: Person) => ({ params: { id }, body: { user_id: who.id } });
  await set(ben, { who_can_add: 'known' });
  expect((await ana.call('addParticipant', add(ben))).status).toBe(202);
  await suite.people.direct(cleo, ana);
  await set(cleo, { who_can_add: 'known' });
  expect((await ana.call('addParticipant', add(cleo))).status).toBe(201);
  await cleo.call('removeParticipant', { params: { id, userId: cleo.id } });
  expect((await ana.call('addParticipant', add(cleo))).status).toBe(202);
  await set(dan, { who_can_add: 'nobody' });
  expect((await ana.refused('addParticipant', add(dan))).error.details).toEqual({
    reason: 'blocked',
  });
  // By default a person who left can be added again.
  const eve = await suite.people.register('eve');
  await ana.call('addParticipant', add(eve));
  await eve.call('removeParticipant', { params: { id, userId: eve.id } });
  expect((await ana.call('addParticipant', add(eve))).status).toBe(201);
});
