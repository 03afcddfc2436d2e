import { createGroup, type DeliveryRoom, openDeliveryRoom } from '@chasqui/core/testing';
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

test('list prints a plain table of users, reasons and times', async () => {
  expect(await run('list')).toEqual(['There are no dead deliveries.']);
  await kill();
  expect(await run('list')).toEqual([
    'USER  ATTEMPTS  ERRORS  WAITING SINCE         DEAD SINCE            REASON',
    'ben   12        10      2026-01-30T10:00:00Z  2026-01-31T12:00:00Z  this one is spoilt',
  ]);
});

test('control characters of a reason are not printed', async () => {
  await kill('one\ntwo\u001b[2Jthree\u202e');
  const [, line] = await run('list');
  expect(line).toMatch(/one two \[2Jthree$/);
});

test('[D5] retry accepts a name, an id or --all', async () => {
  for (const args of [['Ben'], [ben], ['--all']]) {
    await kill();
    expect(await run('retry', ...args)).toHaveLength(1);
    expect(await dead()).toEqual([[false]]);
  }
  expect(await run('retry', '--all')).toEqual([expect.stringMatching(/^Retrying 0:/)]);
});

test('[D4] purge deletes the wake-up and states that no message is lost', async () => {
  await kill();
  expect(await run('purge', 'ben')).toEqual([expect.stringMatching(/No message is lost/)]);
  expect(await dead()).toEqual([]);
});

test.each([
  ['retry', 'nobody'],
  ['purge', 'nobody'],
])('%s of an unknown user is refused', async (...args) => {
  await expect(run(...args)).rejects.toThrow('There is no user "nobody".');
});

test.each(['retry', 'purge'])(
  '%s of a delivery that is not dead is refused and changes nothing',
  async (what) => {
    await expect(run(what, 'ben')).rejects.toThrow('There is no dead delivery to ben.');
    expect(await dead()).toEqual([[false]]);
  },
);

test.each(['', 'all', 'purge', 'purge --all', 'list ben', 'retry a b'])(
  '"%s" prints the usage',
  async (words) => {
    await expect(run(...words.split(' '))).rejects.toThrow(/^Usage: /);
  },
);
