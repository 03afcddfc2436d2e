import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { until } from '@chasqui/testkit';
import type { Sequelize, Transaction } from 'sequelize';
import { changeRole } from '../members/changeRole';
import { createGroup } from './group/createGroup';
import { removeParticipant } from '../members/removeParticipant';

let room: DeliveryRoom;
let ana: string;
let low: string;
let high: string;
let id: string;
beforeAll(async () => {
  room = await openDeliveryRoom();
  let two: string[];
  [ana, ...two] = await room.users('ana', 'ben', 'cleo');
  [low = '', high = ''] = two.sort();
});
afterAll(() => room.close());
beforeEach(async () => {
  ({ id } = await createGroup(room, ana, 'Choir', [low, high]));
});

/** Runs `change` while another transaction holds `first` and then locks `second` without waiting. */
async function holding(
  first: (lock: Lock) => Promise<unknown>,
  change: () => Promise<unknown>,
  second: (lock: Lock) => Promise<unknown>,
): Promise<void> {
  const { sequelize } = room.otherNode();
  let changed: Promise<unknown> = Promise.resolve();
  await sequelize.transaction(async (transaction) => {
    const lock = lockIn(sequelize, transaction, '');
    await first(lock);
    changed = change();
    await until('the change waits', async () => {
      const [row] = await room.rows(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return row;
    });
    await second(lockIn(sequelize, transaction, 'NOWAIT'));
  });
  await changed;
}

type Lock = (text: string, userId: string) => Promise<unknown>;
const MEMBER = `SELECT FROM participants WHERE conversation_id = :id AND user_id = :userId`;
const USER = `SELECT FROM users WHERE id = :userId`;

function lockIn(sequelize: Sequelize, transaction: Transaction, mode: '' | 'NOWAIT'): Lock {
  return (text, userId) =>
    sequelize.query(`${text} FOR NO KEY UPDATE ${mode}`, {
      replacements: { id, userId },
      transaction,
    });
}

const changes = {
  'removing a member': () => removeParticipant(room, ana, id, low),
  'changing a role': () => changeRole(room, ana, id, low, 'moderator'),
};

test.each(Object.entries(changes))(
  '%s locks the members in the same order as acknowledgements',
  async (_, change) => {
    await room.rows('SELECT begin_sync($1)', high);
    await holding(
      (lock) => lock(MEMBER, low),
      change,
      (lock) => lock(MEMBER, high),
    );
  },
);

test('removing a member locks the user before the member, in the same order as connecting', async () => {
  await holding(
    (lock) => lock(USER, low),
    () => removeParticipant(room, ana, id, low),
    (lock) => lock(MEMBER, low),
  );
});
