import { SEARCH_INDEX } from '../migrations/0001-identity';

/** Objects that prove that a migration has run completely, because PostgreSQL ran it as one transaction. */
interface Leftover {
  /** Tables and indexes. */
  relations?: readonly string[];
  columns?: readonly (readonly [table: string, column: string])[];
  functions?: readonly string[];
  /** A repeatable statement that ran after it in a separate transaction. */
  rest?: string;
}

/**
 * Up to 0013, a migration and its record were two transactions: a process that was killed in between left a database
 * that no later attempt could migrate. Such a migration is recognized by the objects that it created. (0006 and 0007
 * can run again.)
 */
export const leftovers: Readonly<Record<string, Leftover>> = {
  '0001-identity': {
    relations: ['users', 'sessions', 'sessions_expiring', 'refresh_tokens_expiring'],
    columns: [
      ['users', 'clean_pos'],
      ['users', 'device_counter'],
      ['users', 'search'],
    ],
    rest: SEARCH_INDEX.replace('CREATE INDEX', 'CREATE INDEX IF NOT EXISTS'),
  },
  '0002-conversations': { relations: ['participants_settled', 'watermark_log'] },
  '0003-delivery': {
    relations: ['change_pos', 'changes', 'devices', 'deliveries_dead', 'instance'],
  },
  '0004-purged-deliveries': { columns: [['participants', 'purged_seq']] },
  '0005-findings': { columns: [['findings', 'last_at']] },
  '0008-external-identities': { columns: [['external_identities', 'subject']] },
  '0009-listed-sessions': { columns: [['sessions', 'last_seen_at']] },
  '0010-blocks': { relations: ['blocks_recent'], columns: [['conversations', 'barred']] },
  '0011-account-deletions': { relations: ['account_deletions', 'former_memberships'] },
  '0012-retention': { relations: ['conversations_expiring', 'tombstone_news'] },
  '0013-first-content': { functions: ['message_digest', 'keep_first_content'] },
};
