import { createGroup } from '@pern/delivery/conversations/createGroup';
import { openDeliveryRoom, type DeliveryRoom } from '@pern/testing/deliveryRoom';
import { runCommand } from './command';

let room: DeliveryRoom;
let ana: string;
let ben: string;

beforeAll(async () => {
  room = await openDeliveryRoom();
});
afterAll(() => room.close());
afterEach(() => room.rows('TRUNCATE users, conversations, messages CASCADE'));
beforeEach(async () => {
  [ana, ben] = await room.users('ana', 'ben');
  const { id } = await createGroup(room, ana, 'Group', [ben]);
  await room.send(id, ana);
});

const kill = (reason = 'this one is spoilt') =>
  room.rows(
    `UPDATE deliveries SET created_at = '2026-01-30T10:00:00Z', dead_at = '2026-01-31T12:00:00Z',
       attempts = 12, errors = 10, last_error = $1`,
    reason,
  );
const run = (...args: string[]) => runCommand(room.db, args);
const dead = () => room.rows('SELECT dead_at IS NOT NULL FROM deliveries');

test('list: a plain table of who was given up, why and since when', async () => {
  expect(await run('list')).toEqual(['No delivery is dead.']);
  await kill();
  expect(await run('list')).toEqual([
    'USER  ATTEMPTS  ERRORS  WAITING SINCE         DEAD SINCE            REASON',
    'ben   12        10      2026-01-30T10:00:00Z  2026-01-31T12:00:00Z  this one is spoilt',
  ]);
});

test('a reason that would speak to the terminal is printed as text, on its line', async () => {
  await kill('one\ntwo\u001b[2Jthree\u202e');
  const [, line] = await run('list');
  expect(line).toMatch(/one two \[2Jthree$/);
});

test('[D5] retry: by name or id, or all of them', async () => {
  for (const args of [['Ben'], [ben], ['--all']]) {
    await kill();
    expect(await run('retry', ...args)).toHaveLength(1);
    expect(await dead()).toEqual([[false]]);
  }
  expect(await run('retry', '--all')).toEqual([expect.stringMatching(/^0 tried again/)]);
});

test('[D4] purge gives up the wake-up and says that no message is lost', async () => {
  await kill();
  expect(await run('purge', 'ben')).toEqual([expect.stringMatching(/No message is lost/)]);
  expect(await dead()).toEqual([]);
});

test.each([
  ['retry', 'nobody'],
  ['purge', 'nobody'],
])('%s of somebody who does not exist says so', async (...args) => {
  await expect(run(...args)).rejects.toThrow('There is no user "nobody".');
});

test.each(['retry', 'purge'])(
  '%s of what is not dead says so and changes nothing',
  async (what) => {
    await expect(run(what, 'ben')).rejects.toThrow('No delivery to ben is dead.');
    expect(await dead()).toEqual([[false]]);
  },
);

test.each(['', 'all', 'purge', 'purge --all', 'list ben', 'retry a b'])(
  '"%s" is answered with how to ask',
  async (said) => {
    await expect(run(...said.split(' '))).rejects.toThrow(/^Usage: /);
  },
);
