import { type DeliveryRoom, openDeliveryRoom } from '@chasqui/core/testing';
import { systemClock } from '@chasqui/foundation';
import {
  createAccounts,
  createInvitations,
  createUserAdministration,
  createSecurityLog,
} from '@chasqui/identity';
import { quietLog } from '@chasqui/testkit';
import { adminCommand } from './adminCommand';
import { invitationsCommand } from './invitationsCommand';

let room: DeliveryRoom;
const securityLog = createSecurityLog({ log: quietLog(), clock: systemClock, secret: '' });

beforeAll(async () => {
  room = await openDeliveryRoom();
  await room.users('ana');
});
afterAll(() => room.close());

function admin(...args: string[]): Promise<string[]> {
  const accounts = createAccounts({
    ...{ db: room.db, securityLog, announceEnded: () => undefined, wake: () => undefined },
    hash: () => Promise.resolve('a hash'),
  });
  return adminCommand(room.db, { accounts, people: createUserAdministration(room.db) }, args);
}
const invitations = (...args: string[]) =>
  invitationsCommand(createInvitations({ db: room.db, securityLog }), args);

test('accounts are listed, created, suspended and given a temporary password', async () => {
  const [first, password] = await admin('create', 'ben', 'ben@example.org');
  expect([first, password]).toEqual([
    'ben can sign in.',
    expect.stringMatching(/^Temporary password: (\w{5}-){3}\w{5}$/),
  ]);
  await expect(admin('create', 'BEN', 'ben2@example.org')).rejects.toThrow('taken');
  expect(await admin('suspend', 'ana')).toHaveLength(1);
  const [head, ...lines] = await admin('list', 'an');
  expect(head).toMatch(/^USER +ROLE +STATE +SESSIONS +LAST SEEN +ID$/);
  expect(lines).toEqual([expect.stringMatching(/^ana +- +suspended +0 /)]);
  expect(await admin('unsuspend', 'ana')).toEqual(['ana can sign in.']);
  expect(await admin('temporary-password', 'ana')).toHaveLength(2);
  await expect(admin('suspend', 'nobody')).rejects.toThrow('There is no user "nobody".');
});

test.each(['', 'suspend', 'suspend ana ben', 'create ana', 'create a b@example.org', 'dance ana'])(
  'admin "%s" prints the usage',
  async (words) => {
    await expect(admin(...words.split(' '))).rejects.toThrow(/^Usage: /);
  },
);

test('invitations are created with a code shown once, listed without it, and revoked', async () => {
  expect(await invitations('list')).toEqual(['No invitations.']);
  const [code = ''] = await invitations('create', '--uses', '5', '--days', '2');
  expect(code).toMatch(/^Code: [\w-]{22}$/);
  const [, line = ''] = await invitations('list');
  expect(line).toMatch(/^[\w-]{36} +0 of 5 +\S+Z +-$/);
  expect(line).not.toContain(code.slice(6));
  const [id = ''] = line.split(' ');
  expect(await invitations('revoke', id)).toHaveLength(1);
  expect((await invitations('list'))[1]).toMatch(/revoked$/);
});

test.each(['', 'create now', 'create --uses', 'create --uses 0', 'list --uses 1', 'revoke x'])(
  'invitations "%s" fails with a reason',
  async (words) => {
    await expect(invitations(...words.split(' '))).rejects.toThrow(
      /^Usage: |must be a whole number/,
    );
  },
);
