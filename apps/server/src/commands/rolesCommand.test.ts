import { type DeliveryRoom, openDeliveryRoom } from '@chasqui/core/testing';
import { systemClock } from '@chasqui/foundation';
import { createRoles, createSecurityLog } from '@chasqui/identity';
import { quietLog } from '@chasqui/testkit';
import { rolesCommand } from './rolesCommand';

let room: DeliveryRoom;
const log = quietLog();

beforeAll(async () => {
  room = await openDeliveryRoom();
  await room.users('ana', 'ben');
});
afterAll(() => room.close());

function run(...args: string[]): Promise<string[]> {
  const securityLog = createSecurityLog({ log, clock: systemClock, secret: '' });
  return rolesCommand(room.db, createRoles({ db: room.db, securityLog }), args);
}

test('roles are granted, listed and revoked by user name, and logged as done from the command line', async () => {
  expect(await run('list')).toEqual(['No user has an instance role.']);
  expect(await run('grant', 'Ana', 'owner')).toEqual(['Ana is now owner of the instance.']);
  expect(await run('grant', 'ben', 'admin')).toHaveLength(1);
  const [head, ...lines] = await run('list');
  expect(head).toMatch(/^USER +ROLE +GRANTED +ID$/);
  expect(lines.map((line) => line.split(/ +/).slice(0, 2))).toEqual([
    ['ana', 'owner'],
    ['ben', 'admin'],
  ]);
  expect(await run('revoke', 'ben')).toHaveLength(1);
  expect(await run('list')).toHaveLength(2);
  expect(log.lines).toHaveLength(3);
  expect(log.lines[0]).toMatchObject({
    fields: { securityEvent: 'role_granted', role: 'owner', actor: 'command' },
  });
});

test.each([
  ['grant nobody admin', 'There is no user "nobody".'],
  ['revoke ben', 'ben has no instance role.'],
  ['revoke ana', /last owner/],
])('"%s" fails with a reason', async (words, why) => {
  await expect(run(...words.split(' '))).rejects.toThrow(why);
});

test.each(['', 'list ana', 'grant ana', 'grant ana king', 'revoke', 'revoke ana admin', '--all'])(
  '"%s" prints the usage',
  async (words) => {
    await expect(run(...words.split(' '))).rejects.toThrow(/^Usage: /);
  },
);
