import { columns, flag, inTransaction, oneOf, statement, text } from '@chasqui/db';
import type { Audience } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { hasLeft, knowsSql, sharesSql } from './acquaintance';

/** The instance's policy for first contact: `open` allows it, `requests` requires the recipient's consent. */
export type ContactPolicy = 'open' | 'requests';

/** The decision on a first message to a user, or on adding them to a group. */
export type Admission = 'admitted' | 'asked' | 'refused';

/** A first message, or adding to a group. A new group has no id yet, and no user can have left it. */
export type Approach = { kind: 'message' } | { kind: 'add'; groupId: string | null };

interface Question {
  transaction: Transaction;
  policy: ContactPolicy;
  fromId: string;
}

const audience = oneOf('everybody', 'known', 'nobody');

const settingsOf = statement(
  'contact_settings',
  'SELECT u.id, u.who_can_message, u.who_can_add FROM users u WHERE u.id = ANY ($1::uuid[])',
  columns<{ id: string } & Record<Approach['kind'], Audience>>({
    id: text,
    message: audience,
    add: audience,
  }),
);

const tiesOf = statement(
  'ties_of',
  `SELECT o.id, ${knowsSql('o.id', '$1::uuid')}, ${sharesSql('o.id', '$1::uuid')}, ${hasLeft('o.id', '$3::uuid')}
   FROM unnest($2::uuid[]) AS o (id)`,
  columns<Ties & { id: string }>({ id: text, knows: flag, shares: flag, left: flag }),
);

/**
 * Decides for each of these users. With the policy `open` and default settings this reads only the users' own rows.
 * Blocks are checked elsewhere.
 */
export async function admissionsOf(
  { transaction, policy, fromId }: Question,
  otherIds: readonly string[],
  approach: Approach,
): Promise<Map<string, Admission>> {
  const settings = await settingsOf.rows(inTransaction(transaction), otherIds);
  const admissions = new Map<string, Admission>();
  const unclear: { id: string; audience: Audience }[] = [];
  for (const { id, [approach.kind]: audience } of settings) {
    if (audience === 'nobody') admissions.set(id, 'refused');
    else if (audience === 'everybody' && policy === 'open') admissions.set(id, 'admitted');
    else unclear.push({ id, audience });
  }
  if (unclear.length === 0) return admissions;

  const groupId = approach.kind === 'add' ? approach.groupId : null;
  const ties = await readTies({ transaction, fromId }, unclear, groupId);
  for (const { id, audience } of unclear) {
    admissions.set(id, judge(approach.kind, audience, ties.get(id)));
  }
  return admissions;
}

/** How the recipient relates to the sender: knows them, shares a conversation with them, has left the group. */
interface Ties {
  knows: boolean;
  shares: boolean;
  left: boolean;
}

function judge(kind: Approach['kind'], audience: Audience, ties: Ties | undefined): Admission {
  const { knows = false, shares = false, left = false } = ties ?? {};
  if (left) return 'asked';
  if (audience === 'everybody') return knows || shares ? 'admitted' : 'asked';
  if (knows) return 'admitted';
  return kind === 'add' ? 'asked' : 'refused';
}

async function readTies(
  { transaction, fromId }: Pick<Question, 'transaction' | 'fromId'>,
  people: readonly { id: string }[],
  groupId: string | null,
): Promise<Map<string, Ties>> {
  const ids = people.map(({ id }) => id);
  const rows = await tiesOf.rows(inTransaction(transaction), fromId, ids, groupId);
  return new Map(rows.map((row) => [row.id, row]));
}
