import { type Person, until } from '@chasqui/testkit';
import { type ConsentFixture, openConsentFixture } from './consentFixture';

// Invitations to groups (CONTACT_POLICY=requests).

let fixture: ConsentFixture;
beforeAll(async () => {
  fixture = await openConsentFixture();
});
afterAll(() => fixture.close());

test('people who share a group or were accepted need no request', async () => {
  const { ana, ben, cleo } = await fixture.people.registerAll('ana', 'ben', 'cleo');
  const group = await fixture.people.group(ana);
  const added = await ana.call('addParticipant', {
    params: { id: group.id },
    body: { user_id: ben.id },
  });
  expect(added.status).toBe(202);
  await ben.call('acceptRequest', await fixture.requestOf(ben));
  expect((await fixture.people.direct(ana, ben)).request).toBeNull();
  const { body } = await ben
    .refused('createDirect', { body: { user_id: ben.id } })
    .then(() => fixture.people.direct(cleo, ben).then((conversation) => ({ body: conversation })));
  expect(body.request).toMatchObject({ to: ben.id });
});

test('[D9] strangers are invited to groups and see only title, size and inviter until they accept', async () => {
  const { ana, ben, cleo } = await fixture.people.registerAll('ana', 'ben', 'cleo');
  const bens = await fixture.connect(ben, 1);
  const group = await fixture.people.group(ana, ben);
  const params = { id: group.id };
  expect(group.participants.map(({ user_id }) => user_id)).toEqual([ana.id]);
  await ana.send(group.id, 'before any join');
  await until('the invitation arrived', () => bens.all('requests:changed').length > 0);
  const invite = { params, body: { user_id: cleo.id, role: 'moderator' } };
  const first = await ana.call('addParticipant', invite);
  const second = await ana.on(1).call('addParticipant', invite);
  expect([first.status, second.status, second.body]).toEqual([202, 202, first.body]);
  const [request] = await fixture.requestsOf(ben);
  expect(request).toMatchObject({
    ...{ kind: 'group', title: 'a group', member_count: 1, from: { user_id: ana.id } },
    ...{ message_count: 0, last_message: null },
  });
  const { invited } = (await ana.call('listInvited', { params })).body;
  expect(invited.map(({ user_id, role }) => [user_id, role])).toEqual([
    [cleo.id, 'moderator'],
    [ben.id, 'member'],
  ]);
  expect((await ben.refused('readConversation', { params })).status).toBe(404);
  expect((await ben.refused('listInvited', { params })).status).toBe(404);
  expect(bens.events.map(({ event }) => event)).toEqual(
    expect.not.arrayContaining(['conversation:created', 'chat:message_received']),
  );

  const { body } = await ben.call('acceptRequest', await fixture.requestOf(ben));
  expect(body).toMatchObject({ id: group.id, participant_count: 2, my: { role: 'member' } });
  const history = await ben.history(group.id);
  expect(history.map(({ event }) => event?.type)).toEqual(['added']);
  // A declined invitation looks like a pending one, and repeating it changes nothing.
  await cleo.call('declineRequest', await fixture.requestOf(cleo));
  expect((await ana.call('addParticipant', invite)).status).toBe(202);
  expect(await fixture.requestsOf(cleo)).toEqual([]);
  const after = (await ana.call('listInvited', { params })).body.invited;
  expect(after.map(({ user_id }) => user_id)).toEqual([cleo.id]);
});

test('a person who left is invited, one who was removed is added, and an invitation can be withdrawn', async () => {
  const { ana, ben, cleo } = await fixture.people.registerAll('ana', 'ben', 'cleo');
  const { id } = await fixture.people.group(ana, ben, cleo);
  const add = async (who: Person) =>
    (await ana.call('addParticipant', { params: { id }, body: { user_id: who.id } })).status;
  for (const one of [ben, cleo]) await one.call('acceptRequest', await fixture.requestOf(one));
  await ben.call('removeParticipant', { params: { id, userId: ben.id } });
  await ana.call('removeParticipant', { params: { id, userId: cleo.id } });
  // Both accepted an invitation from her before, so they know her.
  expect([await add(ben), await add(cleo)]).toEqual([202, 201]);
  const request = await fixture.requestOf(ben);
  await ana.call('removeParticipant', { params: { id, userId: ben.id } });
  expect(await fixture.requestsOf(ben)).toEqual([]);
  expect((await ben.refused('acceptRequest', request)).status).toBe(404);
  expect(await add(ben)).toBe(202);
  await ben.call('acceptRequest', await fixture.requestOf(ben));
  expect((await ana.conversation(id)).participant_count).toBe(3);
});

test('an invitation is void once its author may no longer add people', async () => {
  const { ana, ben, cleo } = await fixture.people.registerAll('ana', 'ben', 'cleo');
  const { id } = await fixture.people.group(ana, ben);
  await ben.call('acceptRequest', await fixture.requestOf(ben));
  const userId = ben.id;
  await ana.call('changeRole', { params: { id, userId }, body: { role: 'admin' } });
  const body = { user_id: cleo.id, role: 'admin' };
  expect((await ben.call('addParticipant', { params: { id }, body })).status).toBe(202);
  await ana.call('changeRole', { params: { id, userId }, body: { role: 'moderator' } });
  const request = await fixture.requestOf(cleo);
  expect((await cleo.refused('acceptRequest', request)).status).toBe(404);
  await ana.call('removeParticipant', { params: { id, userId } });
  expect(await fixture.requestsOf(cleo)).toEqual([]);
});
