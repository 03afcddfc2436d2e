import { until } from '@chasqui/testkit';
import { type ClientFixture, openClientFixture } from './clients/clientFixture';

let fixture: ClientFixture;
beforeAll(async () => {
  fixture = await openClientFixture({ worker: false });
});
afterAll(() => fixture.close());

test('a message to a blocked user stays in the outbox with the reason and can be sent after unblocking', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { client } = await fixture.clients.open(ana);
  const { id } = await client.createDirect(ben.id);
  await client.blockUser(ben.id);
  expect((await client.listBlocks()).blocks.map(({ user_id }) => user_id)).toEqual([ben.id]);
  const sent = await client.send(id, 'hello');
  await expect(client.whenSent(sent)).rejects.toMatchObject({
    ...{ name: 'ForbiddenError', details: { reason: 'blocked' } },
  });
  await client.unblockUser(ben.id);
  await client.retry(sent);
  await until('it is sent', async () => (await ben.history(id)).length === 1);
});

test('an export is complete; deleting the account signs out and clears the state', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { client } = await fixture.clients.open(ana);
  const { id } = await client.createDirect(ben.id);
  await ben.send(id, 'hello ana');
  const lines = (await (await client.exportAccount()).text()).trimEnd().split('\n');
  const records = lines.map((line) => (JSON.parse(line) as { record: string }).record);
  expect(records).toEqual(expect.arrayContaining(['export', 'profile', 'message', 'end']));

  await expect(client.deleteAccount({ password: 'another' })).rejects.toMatchObject({
    ...{ name: 'ForbiddenError', details: { reason: 'wrong_password' } },
  });
  expect(client.getState().me?.id).toBe(ana.id);
  await client.deleteAccount({ password: ana.password });
  expect(client.getState()).toMatchObject({ me: null, conversationsById: {} });
  const { body } = await ben.call('readUser', { params: { id: ana.id } });
  expect(body.display_name).toBe('Deleted account');
});

test('a block reaches the user’s other devices and closes the conversation for both, also after a reconnect', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const [phone, laptop, bens] = [
    await fixture.clients.open(ana),
    await fixture.clients.open(ana),
    await fixture.clients.open(ben),
  ];
  const { id } = await phone.client.createDirect(ben.id);
  const barOf = ({ client }: typeof bens) => client.getState().conversationsById[id]?.barred;
  await until('all have it', () => [phone, laptop, bens].every((one) => barOf(one) === null));
  bens.client.disconnect();
  await phone.client.blockUser(ben.id);
  const isBlocked = ({ client }: typeof bens) => client.getState().blockedById[ben.id] === true;
  expect(isBlocked(phone)).toBe(true);
  await until('the other device shows it', () => isBlocked(laptop) && barOf(laptop) === 'blocked');
  bens.client.connect();
  await until('it is closed after the reconnect', () => barOf(bens) === 'blocked');
  expect(bens.client.getState().blockedById).toEqual({});
  const fresh = await fixture.clients.open(ana);
  await fresh.client.readBlocks();
  expect(fresh.client.getState().blockedById).toEqual({ [ben.id]: true });
  await laptop.client.unblockUser(ben.id);
  await until('it is open for all', () =>
    [phone, laptop, bens].every((one) => barOf(one) === null),
  );
  await until('ben is unblocked', () => !isBlocked(phone));

  // A deleted account closes it for good, with its own reason.
  bens.client.disconnect();
  await phone.client.deleteAccount({ password: ana.password });
  bens.client.connect();
  await until('it is closed', () => barOf(bens) === 'deleted');
});
